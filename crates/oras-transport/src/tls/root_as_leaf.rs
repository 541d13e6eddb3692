//! `RootAsLeaf`: accepts a server whose own certificate is a trusted root.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

/// Verifies like `inner`, and also accepts a server that presents one of the trusted roots as its certificate, if name
/// and dates are valid. `openssl req -x509` creates such certificates, which are their own authority.
///
/// Spec: RFC 5280, section 6.1: a path does not hold its trust anchor; RFC 9525, section 6, the server's name.
#[derive(Debug)]
pub(crate) struct RootAsLeaf {
    pub(crate) inner: Arc<dyn ServerCertVerifier>,
    pub(crate) roots: Arc<RootCertStore>,
    /// The certificates of `roots`.
    pub(crate) certificates: Vec<CertificateDer<'static>>,
    /// Whether the roots of the platform are also trusted.
    pub(crate) platform: bool,
    pub(crate) provider: Arc<CryptoProvider>,
}

impl RootAsLeaf {
    fn is_root(&self, end: &CertificateDer<'_>, refusal: &Error) -> bool {
        let is_end = |root: &CertificateDer<'_>| root == end;
        self.certificates.iter().any(is_end)
            || (self.platform && is_authority(refusal) && platform_roots().iter().any(is_end))
    }

    /// Checks dates and name of a certificate that is one of the roots.
    fn accept(&self, end: &CertificateDer<'_>, name: &ServerName<'_>, now: UnixTime) -> Result<(), Error> {
        let parsed = ParsedCertificate::try_from(end)?;
        let algorithms = self.provider.signature_verification_algorithms.all;
        let chain = verify_server_cert_signed_by_trust_anchor(&parsed, &self.roots, &[], now, algorithms);
        match chain {
            Err(error) if !is_authority(&error) => return Err(error),
            _ => {}
        }
        verify_server_name(&parsed, name)
    }
}

/// Whether the only fault of a certificate is that it is an authority's. The dates are checked before that.
fn is_authority(error: &Error) -> bool {
    let Error::InvalidCertificate(CertificateError::Other(other)) = error else {
        return false;
    };
    other.0.downcast_ref() == Some(&webpki::Error::CaUsedAsEndEntity)
}

/// The roots that the verifier of the platform uses, if it is not part of the system.
#[cfg(all(unix, not(target_os = "android"), not(target_vendor = "apple")))]
fn platform_roots() -> Vec<CertificateDer<'static>> {
    rustls_native_certs::load_native_certs().certs
}

/// Elsewhere the system itself decides about its roots.
#[cfg(not(all(unix, not(target_os = "android"), not(target_vendor = "apple"))))]
fn platform_roots() -> Vec<CertificateDer<'static>> {
    Vec::new()
}

impl ServerCertVerifier for RootAsLeaf {
    fn verify_server_cert(
        &self,
        end: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verified = self.inner.verify_server_cert(end, intermediates, name, ocsp, now);
        match &verified {
            Err(refusal) if self.is_root(end, refusal) => self
                .accept(end, name, now)
                .map(|()| ServerCertVerified::assertion()),
            _ => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}
