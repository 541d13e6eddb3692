//! Trust: whose certificates are believed, and the one that is shown.

use std::sync::Arc;

use anyhow::Context;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::Verifier;

/// What the system trusts, and more, all of it PEM.
#[derive(Clone, Default)]
pub(crate) struct Trust {
    roots: Vec<u8>,
    identity: Option<(String, String)>,
}

impl Trust {
    /// Trusts these certificates, too.
    pub(crate) fn with_roots(mut self, roots: impl Into<Vec<u8>>) -> Self {
        self.roots = roots.into();
        self
    }

    /// Shows this certificate, of which this is the key.
    pub(crate) fn with_identity(mut self, certificate: &str, key: &str) -> Self {
        self.identity = Some((certificate.to_owned(), key.to_owned()));
        self
    }

    pub(super) fn config(&self) -> anyhow::Result<ClientConfig> {
        let provider = Arc::new(ring::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .context("cannot set up TLS")?;
        // A machine that trusts no certificate can still talk to registries without TLS.
        let builder = match Verifier::new_with_extra_roots(certificates(&self.roots)?, provider) {
            Ok(verifier) => builder
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(verifier)),
            Err(_) => builder.with_root_certificates(RootCertStore::empty()),
        };
        let Some((certificate, key)) = &self.identity else {
            return Ok(builder.with_no_client_auth());
        };
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).context("the key cannot be read")?;
        let chain = certificates(certificate.as_bytes())?;
        builder
            .with_client_auth_cert(chain, key)
            .context("certificate and key do not fit")
    }
}

fn certificates(pem: &[u8]) -> anyhow::Result<Vec<CertificateDer<'static>>> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let found = found.context("certificates cannot be read")?;
    anyhow::ensure!(
        pem.is_empty() || !found.is_empty(),
        "there is no certificate in the file"
    );
    Ok(found)
}
