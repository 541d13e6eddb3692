//! Turns [`TlsOptions`] into configurations of the TLS library, one for each origin.

use std::collections::HashMap;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};

use crate::error::Error;
use crate::options::TransportOptions;
use crate::origin::Origin;
use crate::tls::options::{Identity, TlsOptions};
use crate::tls::provider::provider;
use crate::tls::root_as_leaf::RootAsLeaf;

/// The default configuration, and those of origins with their own roots or identity, or without verification.
pub(crate) struct TlsConfigs {
    pub(super) default: ClientConfig,
    pub(super) by_origin: HashMap<Origin, ClientConfig>,
}

impl TlsConfigs {
    pub(crate) fn new(options: &TransportOptions) -> Result<Self, Error> {
        let options = &options.tls;
        let provider = provider();
        let trusted = verifier(options, None, &provider)?;
        let mut by_origin = HashMap::new();
        let identified = options.identities.iter().map(|(origin, _)| origin);
        let rooted = options.roots_by_origin.iter().map(|(origin, _)| origin);
        for origin in identified.chain(rooted).chain(&options.insecure) {
            let verifier: Arc<dyn ServerCertVerifier> = if options.insecure.contains(origin) {
                Arc::new(Unchecked::AcceptsAll(Arc::clone(&provider)))
            } else {
                verifier(options, Some(origin), &provider)?
            };
            let identity = options.identity(origin).map(|identity| (origin, identity));
            by_origin.insert(origin.clone(), config(&provider, verifier, identity)?);
        }
        Ok(Self {
            default: config(&provider, trusted, None)?,
            by_origin,
        })
    }
}

fn config(
    provider: &Arc<CryptoProvider>,
    verifier: Arc<dyn ServerCertVerifier>,
    identity: Option<(&Origin, &Identity)>,
) -> Result<ClientConfig, Error> {
    let builder = ClientConfig::builder_with_provider(Arc::clone(provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::configuration_from("the TLS provider is unusable", error))?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let Some((origin, identity)) = identity else {
        return Ok(builder.with_no_client_auth());
    };
    let chain = certificates(
        &identity.certificates,
        &format!("client certificate for {origin}"),
    )?;
    let key = PrivateKeyDer::from_pem_slice(&identity.key).map_err(|error| {
        Error::configuration_from(format!("client key for {origin} is no PEM key"), error)
    })?;
    builder.with_client_auth_cert(chain, key).map_err(|error| {
        Error::configuration_from(
            format!("client certificate and key for {origin} do not fit"),
            error,
        )
    })
}

fn verifier(
    options: &TlsOptions,
    origin: Option<&Origin>,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, Error> {
    let mut extra = Vec::new();
    let mut store = RootCertStore::empty();
    for (index, pem) in options.extra_roots(origin).enumerate() {
        let what = format!("extra root certificates, file {}", index + 1);
        for certificate in certificates(pem, &what)? {
            store.add(certificate.clone()).map_err(|error| {
                Error::configuration_from(format!("{what}: not usable as a certificate authority"), error)
            })?;
            extra.push(certificate);
        }
    }
    let has_roots = !store.is_empty() || (origin.is_none() && !options.roots_by_origin.is_empty());
    if options.only_extra_roots && !has_roots {
        return Err(configuration(
            "only the extra roots are to be trusted, but there are none",
        ));
    }
    let roots = Arc::new(store);
    let inner = match options.only_extra_roots {
        true if roots.is_empty() => Arc::new(Unchecked::RefusesAll(Arc::clone(provider))),
        true => only(&roots, provider)?,
        false => platform(extra.clone(), provider),
    };
    Ok(Arc::new(RootAsLeaf {
        inner,
        roots,
        certificates: extra,
        platform: !options.only_extra_roots,
        provider: Arc::clone(provider),
    }))
}

fn only(
    roots: &Arc<RootCertStore>,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, Error> {
    let builder =
        rustls::client::WebPkiServerVerifier::builder_with_provider(Arc::clone(roots), Arc::clone(provider));
    match builder.build() {
        Ok(verifier) => Ok(verifier),
        Err(error) => Err(Error::configuration_from("extra root certificates", error)),
    }
}

/// A machine without root certificates can still use plain HTTP, so this does not fail before TLS is used.
fn platform(
    extra: Vec<CertificateDer<'static>>,
    provider: &Arc<CryptoProvider>,
) -> Arc<dyn ServerCertVerifier> {
    match rustls_platform_verifier::Verifier::new_with_extra_roots(extra, Arc::clone(provider)) {
        Ok(verifier) => Arc::new(verifier),
        Err(_) => Arc::new(Unchecked::RefusesAll(Arc::clone(provider))),
    }
}

fn certificates(pem: &[u8], what: &str) -> Result<Vec<CertificateDer<'static>>, Error> {
    let mut found = Vec::new();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        found.push(certificate.map_err(|error| {
            Error::configuration_from(
                format!("{what}: certificate {} is malformed", found.len() + 1),
                error,
            )
        })?);
    }
    if found.is_empty() {
        return Err(configuration(format!("{what}: no PEM certificate in it")));
    }
    Ok(found)
}

fn configuration(what: impl Into<String>) -> Error {
    Error::Configuration {
        what: what.into(),
        source: None,
    }
}

/// Verifiers that do not check the chain. Handshake signatures are still verified.
///
/// Spec: RFC 8446, section 4.4.3, "Certificate Verify".
#[derive(Debug)]
enum Unchecked {
    /// Accepts every certificate, because the caller disabled verification for this origin.
    AcceptsAll(Arc<CryptoProvider>),
    /// Accepts no certificate, because there are no roots.
    RefusesAll(Arc<CryptoProvider>),
}

impl Unchecked {
    fn provider(&self) -> &CryptoProvider {
        match self {
            Self::AcceptsAll(provider) | Self::RefusesAll(provider) => provider,
        }
    }
}

impl ServerCertVerifier for Unchecked {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        match self {
            Self::AcceptsAll(_) => Ok(ServerCertVerified::assertion()),
            Self::RefusesAll(_) => Err(rustls::Error::General(
                "no root certificate is trusted for it".to_owned(),
            )),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(
            message,
            cert,
            dss,
            &self.provider().signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(
            message,
            cert,
            dss,
            &self.provider().signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider()
            .signature_verification_algorithms
            .supported_schemes()
    }
}
