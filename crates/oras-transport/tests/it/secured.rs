//! A TLS server on this machine, and certificates for it.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use oras_transport::Origin;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::NamedGroup;
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

/// A certificate for 127.0.0.1, valid for these years, with its key and the root that vouches for it.
pub(crate) struct Identity {
    root: String,
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
}

impl Identity {
    pub(crate) fn made(years: [i32; 2]) -> Self {
        let root_key = KeyPair::generate().unwrap();
        let mut root = CertificateParams::new(Vec::new()).unwrap();
        root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let root_pem = root.self_signed(&root_key).unwrap().pem();
        let issuer = Issuer::new(root, root_key);

        let key = KeyPair::generate().unwrap();
        let mut own = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        [own.not_before, own.not_after] = years.map(|year| rcgen::date_time_ymd(year, 1, 1));
        let certificate = own.signed_by(&key, &issuer).unwrap();
        Self {
            root: root_pem,
            certificate: certificate.der().clone(),
            key: PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        }
    }

    /// A certificate that is its own authority, as `openssl req -x509` makes it.
    pub(crate) fn own_authority(name: &str, years: [i32; 2]) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut own = CertificateParams::new(vec![name.to_owned()]).unwrap();
        own.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        [own.not_before, own.not_after] = years.map(|year| rcgen::date_time_ymd(year, 1, 1));
        let certificate = own.self_signed(&key).unwrap();
        Self {
            root: certificate.pem(),
            certificate: certificate.der().clone(),
            key: PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        }
    }
}

/// A TLS server with a certificate for 127.0.0.1 that gives each connection one answer.
pub(crate) struct Secured {
    pub(crate) origin: Origin,
    pub(crate) root: String,
    heads: Arc<Mutex<Vec<String>>>,
    groups: Arc<Mutex<Vec<NamedGroup>>>,
}

impl Secured {
    pub(crate) fn start(answer: String) -> Self {
        Self::with(Identity::made([2020, 2120]), answer)
    }

    pub(crate) fn with(identity: Identity, answer: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = format!("https://{}", listener.local_addr().unwrap());
        let heads: Arc<Mutex<Vec<String>>> = Arc::default();
        let provider = Arc::new(ring::default_provider());
        let shown = CertifiedKey::from_der(vec![identity.certificate], identity.key, &provider).unwrap();
        let groups: Arc<Mutex<Vec<NamedGroup>>> = Arc::default();
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(Shown {
                key: Arc::new(shown),
                groups: Arc::clone(&groups),
            }));
        let (kept, config) = (Arc::clone(&heads), Arc::new(config));
        std::thread::spawn(move || {
            for socket in listener.incoming().flatten() {
                let session = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
                let mut stream = rustls::StreamOwned::new(session, socket);
                let mut part = [0; 4096];
                // A client that does not trust the certificate ends the handshake here.
                let Ok(count) = stream.read(&mut part) else {
                    continue;
                };
                kept.lock()
                    .unwrap()
                    .push(String::from_utf8_lossy(&part[..count]).to_lowercase());
                let _ = stream.write_all(answer.as_bytes());
                stream.conn.send_close_notify();
                let _ = stream.flush();
            }
        });
        Self {
            origin: origin.parse().unwrap(),
            root: identity.root,
            heads,
            groups,
        }
    }

    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }

    /// The key exchanges that the last client offered, in its order.
    pub(crate) fn groups(&self) -> Vec<NamedGroup> {
        self.groups.lock().unwrap().clone()
    }
}

/// Shows its certificate to everybody, and keeps what they offer.
#[derive(Debug)]
struct Shown {
    key: Arc<CertifiedKey>,
    groups: Arc<Mutex<Vec<NamedGroup>>>,
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        *self.groups.lock().unwrap() = hello.named_groups().unwrap_or_default().to_vec();
        Some(Arc::clone(&self.key))
    }
}

pub(crate) fn ok() -> String {
    "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_owned()
}
