//! Trust: trusted certificates, and the client certificate.

use std::fmt;
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::Verifier;

use crate::error::Error;

/// Certificates in PEM: those trusted beside the system's, and the client's own.
#[derive(Clone, Default)]
pub struct Trust {
    roots: Vec<u8>,
    identity: Option<(String, String)>,
}

impl Trust {
    /// Trusts these certificates in addition to those of the system; none by default.
    #[must_use]
    pub fn with_roots(mut self, roots: impl Into<Vec<u8>>) -> Self {
        self.roots = roots.into();
        self
    }

    /// Uses this client certificate with this key; none by default.
    #[must_use]
    pub fn with_identity(mut self, certificate: &str, key: &str) -> Self {
        self.identity = Some((certificate.to_owned(), key.to_owned()));
        self
    }

    pub(super) fn config(&self) -> Result<ClientConfig, Error> {
        let provider = Arc::new(ring::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| Error::trust("these versions of TLS", error))?;
        // A machine without trusted certificates can still use registries without TLS.
        let builder = match Verifier::new_with_extra_roots(certificates(&self.roots)?, provider) {
            Ok(verifier) => builder
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(verifier)),
            Err(_) => builder.with_root_certificates(RootCertStore::empty()),
        };
        let Some((certificate, key)) = &self.identity else {
            return Ok(builder.with_no_client_auth());
        };
        let key =
            PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(|error| Error::trust("the key", error))?;
        let chain = certificates(certificate.as_bytes())?;
        builder
            .with_client_auth_cert(chain, key)
            .map_err(|error| Error::trust("the certificate with this key", error))
    }
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, Error> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let found = found.map_err(|error| Error::trust("the certificates", error))?;
    if found.is_empty() && !pem.is_empty() {
        return Err(Error::trust("the certificates", "there is none among them"));
    }
    Ok(found)
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Trust")
    }
}
