//! TLS: the server's certificate, and client certificates.

#[cfg(feature = "self-signed")]
mod issue;
mod pem;
mod validity;

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use rustls::crypto::{CryptoProvider, ring};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{NoClientAuth, WebPkiClientVerifier};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{InconsistentKeys, RootCertStore, ServerConfig};
use tokio_rustls::TlsAcceptor;

use crate::{Error, file};

#[cfg(feature = "self-signed")]
pub use issue::ClientIdentity;

/// TLS settings of a server: TLS 1.2 or 1.3, with HTTP/2 or HTTP/1.1 as the client chooses.
///
/// ```
/// # #[cfg(feature = "self-signed")]
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use oras_server::{Server, ServerOptions, Tls};
///
/// let server = Server::start(ServerOptions::default().with_tls(Tls::self_signed()?)).await?;
/// assert!(server.url().starts_with("https://127.0.0.1:"));
/// let trust = server.trust_root().expect("it was made on the spot");
/// assert!(trust.starts_with("-----BEGIN CERTIFICATE-----"));
/// # Ok(())
/// # }
/// # #[cfg(not(feature = "self-signed"))]
/// # fn main() {}
/// ```
#[derive(Clone)]
pub struct Tls {
    identity: Arc<CertifiedKey>,
    clients: Arc<dyn ClientCertVerifier>,
    #[cfg(feature = "self-signed")]
    issuer: Option<Arc<issue::Issuer>>,
}

/// The handling of clients without a certificate. A client with an invalid certificate is always refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientCertificates {
    /// It is refused.
    Required,
    /// It is served.
    Optional,
}

impl Tls {
    /// Uses this certificate with this key. Both are PEM: the certificate first, followed by its intermediates; the key as
    /// PKCS #8, PKCS #1 or SEC 1.
    ///
    /// A certificate that is not valid now is still used, with a warning in the log.
    ///
    /// # Errors
    ///
    /// [`Error::Tls`]: one of them cannot be parsed, or the key does not match the certificate.
    pub fn from_pem(certificates: impl AsRef<[u8]>, key: impl AsRef<[u8]>) -> Result<Self, Error> {
        let names = ["the certificate", "the key"];
        Self::named(names, certificates.as_ref(), key.as_ref())
    }

    /// Like [`from_pem`](Self::from_pem), with files of at most 1 MiB each.
    ///
    /// # Errors
    ///
    /// [`Error::Tls`]: one of them cannot be read or parsed, or the key does not match the certificate.
    pub fn from_pem_files(certificates: impl AsRef<Path>, key: impl AsRef<Path>) -> Result<Self, Error> {
        let (certificates, key) = (certificates.as_ref(), key.as_ref());
        let names = [certificates, key].map(|path| path.display().to_string());
        let [one, other] = [(certificates, &names[0]), (key, &names[1])]
            .map(|(path, name)| file::read(path).map_err(|source| pem::unusable(name, source)));
        Self::named([&names[0], &names[1]], &one?, &other?)
    }

    fn named([chain_name, key_name]: [&str; 2], chain: &[u8], key: &[u8]) -> Result<Self, Error> {
        let chain = pem::certificates(chain_name, chain)?;
        let key = pem::key(key_name, key)?;
        if let Some(problem) = validity::problem(&chain[0], std::time::SystemTime::now()) {
            tracing::warn!("{chain_name} {problem}");
        }
        let identity = CertifiedKey::from_der(chain, key, &ring::default_provider());
        let identity = identity.map_err(|error| match error {
            rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
                pem::unusable(key_name, format!("it is not the key of {chain_name}"))
            }
            rustls::Error::InvalidCertificate(_) => pem::unusable(chain_name, error),
            other => pem::unusable(key_name, other),
        })?;
        Ok(Self {
            identity: Arc::new(identity),
            clients: Arc::new(NoClientAuth),
            #[cfg(feature = "self-signed")]
            issuer: None,
        })
    }

    /// Requests a client certificate that is signed by one of these PEM roots.
    ///
    /// # Errors
    ///
    /// [`Error::Tls`]: there are no roots, or one cannot be parsed.
    pub fn with_client_ca(self, roots: impl AsRef<[u8]>, clients: ClientCertificates) -> Result<Self, Error> {
        self.trusting("the roots of client certificates", roots.as_ref(), clients)
    }

    /// Like [`with_client_ca`](Self::with_client_ca), with a file of at most 1 MiB.
    ///
    /// # Errors
    ///
    /// [`Error::Tls`]: the file cannot be read, has no roots, or has one that cannot be parsed.
    pub fn with_client_ca_file(
        self,
        roots: impl AsRef<Path>,
        clients: ClientCertificates,
    ) -> Result<Self, Error> {
        let name = roots.as_ref().display().to_string();
        let pem = file::read(roots.as_ref()).map_err(|source| pem::unusable(&name, source))?;
        self.trusting(&name, &pem, clients)
    }

    fn trusting(mut self, name: &str, pem: &[u8], clients: ClientCertificates) -> Result<Self, Error> {
        let mut roots = RootCertStore::empty();
        for root in pem::certificates(name, pem)? {
            roots.add(root).map_err(|error| pem::unusable(name, error))?;
        }
        let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider());
        let builder = match clients {
            ClientCertificates::Required => builder,
            ClientCertificates::Optional => builder.allow_unauthenticated(),
        };
        self.clients = builder.build().map_err(|error| pem::unusable(name, error))?;
        Ok(self)
    }

    /// Returns the PEM root of the certificate, if the certificate was generated.
    pub fn trust_root(&self) -> Option<&str> {
        #[cfg(feature = "self-signed")]
        return self.issuer.as_ref().map(|issuer| issuer.root());
        #[cfg(not(feature = "self-signed"))]
        None
    }

    pub(crate) fn acceptor(&self, http2: bool) -> TlsAcceptor {
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .expect("ring has what TLS 1.2 and 1.3 need")
            .with_client_cert_verifier(Arc::clone(&self.clients))
            .with_cert_resolver(Arc::new(SingleCertAndKey::from(Arc::clone(&self.identity))));
        let protocols = http2.then_some("h2").into_iter().chain(["http/1.1"]);
        config.alpn_protocols = protocols.map(Into::into).collect();
        TlsAcceptor::from(Arc::new(config))
    }
}

/// Passed explicitly each time: a program has at most one default provider, and a library should not choose it.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls")
            .field("certificates", &self.identity.cert.len())
            .field("asks_clients", &self.clients.offer_client_auth())
            .field("requires_clients", &self.clients.client_auth_mandatory())
            .finish_non_exhaustive()
    }
}
