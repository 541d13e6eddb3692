//! Who is spoken to over TLS, and whether that can be trusted.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use oras_transport::{ConnectReason, Error, Origin, Request, Response, TlsOptions, TransportOptions, base};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tower::ServiceExt;

use crate::double::request;
use crate::server::{Server, reply};

/// A certificate for 127.0.0.1, valid for these years, with its key and the root that vouches for it.
struct Identity {
    root: String,
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
}

impl Identity {
    fn made(years: [i32; 2]) -> Self {
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
    fn own_authority(name: &str, years: [i32; 2]) -> Self {
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
struct Secured {
    origin: Origin,
    root: String,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Secured {
    fn start(answer: String) -> Self {
        Self::with(Identity::made([2020, 2120]), answer)
    }

    fn with(identity: Identity, answer: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = format!("https://{}", listener.local_addr().unwrap());
        let heads: Arc<Mutex<Vec<String>>> = Arc::default();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![identity.certificate], identity.key);
        let (kept, config) = (Arc::clone(&heads), Arc::new(config.unwrap()));
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
        }
    }

    fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

fn ok() -> String {
    "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_owned()
}

fn get(origin: &Origin) -> Request {
    let headers = [("authorization", "Bearer secret")];
    request("GET", &format!("{origin}/"), &headers)
}

async fn send(tls: TlsOptions, request: Request) -> Result<Response, Error> {
    let options = TransportOptions::default().with_tls(tls);
    base(&options).unwrap().oneshot(request).await
}

fn is_certificate(error: &Error) -> bool {
    let reason = ConnectReason::Certificate;
    matches!(error, Error::Connect { reason: found, .. } if *found == reason)
}

/// S54: a certificate of an unknown root ends it before anything is asked, and no retry helps.
#[tokio::test]
async fn an_unknown_certificate_is_not_accepted() {
    let server = Secured::start(ok());
    let error = send(TlsOptions::default(), get(&server.origin))
        .await
        .unwrap_err();
    assert!(is_certificate(&error), "{error:?}");
    assert!(!error.is_transient());
    assert!(server.heads().is_empty());
}

/// S54: an own root is enough, but not for another name than the certificate has.
#[tokio::test]
async fn an_own_root_is_trusted_for_the_names_it_vouches_for() {
    let server = Secured::start(ok());
    for only in [true, false] {
        let tls = TlsOptions::default()
            .with_extra_roots(server.root.clone())
            .with_only_extra_roots(only);
        let answered = send(tls.clone(), get(&server.origin)).await.unwrap();
        assert_eq!(answered.status(), 200);
        let other = format!("https://localhost:{}", server.origin.port());
        let error = send(tls, get(&other.parse().unwrap())).await.unwrap_err();
        assert!(is_certificate(&error), "{error:?}");
    }
    assert_eq!(server.heads().len(), 2);
}

/// S54: a root for one origin is trusted for no other.
#[tokio::test]
async fn a_root_can_be_trusted_for_one_origin_alone() {
    let (server, other) = (Secured::start(ok()), Secured::start(ok()));
    for only in [true, false] {
        let tls = TlsOptions::default()
            .with_roots_for(server.origin.clone(), server.root.clone())
            .with_roots_for(server.origin.clone(), other.root.clone())
            .with_only_extra_roots(only);
        let answered = send(tls.clone(), get(&server.origin)).await.unwrap();
        assert_eq!(answered.status(), 200);
        let error = send(tls, get(&other.origin)).await.unwrap_err();
        assert!(is_certificate(&error), "{error:?}");
    }
    assert!(other.heads().is_empty());
}

/// S54: a certificate whose time is over is not accepted, though its root is trusted.
#[tokio::test]
async fn an_expired_certificate_is_not_accepted() {
    let server = Secured::with(Identity::made([2019, 2020]), ok());
    let tls = TlsOptions::default().with_extra_roots(server.root.clone());
    let error = send(tls, get(&server.origin)).await.unwrap_err();
    assert!(is_certificate(&error), "{error:?}");
    assert!(server.heads().is_empty());
}

/// S54: `openssl req -x509` makes such certificates, and curl and Go tools accept them.
#[tokio::test]
async fn a_certificate_that_is_its_own_authority_is_accepted_where_it_is_a_root_of_the_caller() {
    let trusting = |server: &Secured| TlsOptions::default().with_extra_roots(server.root.as_bytes());
    let server = Secured::with(Identity::own_authority("127.0.0.1", [2020, 2120]), ok());
    let only = trusting(&server).with_only_extra_roots(true);
    for tls in [trusting(&server), only] {
        assert_eq!(send(tls, get(&server.origin)).await.unwrap().status(), 200);
    }
    let unknown = send(TlsOptions::default(), get(&server.origin)).await;
    assert!(is_certificate(&unknown.unwrap_err()));

    let other = Identity::own_authority("other.example", [2020, 2120]);
    let expired = Identity::own_authority("127.0.0.1", [2020, 2021]);
    for wrong in [other, expired] {
        let server = Secured::with(wrong, ok());
        let refused = send(trusting(&server), get(&server.origin)).await.unwrap_err();
        assert!(is_certificate(&refused), "{refused:?}");
    }
}

/// S54: what is accepted from one origin is not accepted from where it redirects to.
#[tokio::test]
async fn lenience_does_not_follow_a_redirect() {
    let target = Secured::start(ok());
    let redirects = format!(
        "HTTP/1.1 307 X\r\nlocation: {}/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
        target.origin
    );
    let server = Secured::start(redirects);
    let tls = TlsOptions::default().with_insecure(server.origin.clone());
    let error = send(tls, get(&server.origin)).await.unwrap_err();
    assert!(is_certificate(&error), "{error:?}");
    assert_eq!((server.heads().len(), target.heads().len()), (1, 0));
}

/// S03: not even a real TLS server leads out of TLS.
#[tokio::test]
async fn a_redirect_out_of_tls_reaches_nobody() {
    let plain = Server::start(|_, _| reply(200, &[], b"")).await;
    let redirects = format!(
        "HTTP/1.1 307 X\r\nlocation: {}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
        plain.url("/")
    );
    let server = Secured::start(redirects);
    let tls = TlsOptions::default().with_insecure(server.origin.clone());
    let error = send(tls, get(&server.origin)).await.unwrap_err();
    assert!(matches!(error, Error::RedirectRefused { .. }), "{error:?}");
    assert!(plain.received().is_empty());
}

/// S53: TLS that cannot be had is an error; nothing is sent in the clear instead.
#[tokio::test]
async fn there_is_no_way_back_to_plain_http() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin: Origin = format!("https://{}", listener.local_addr().unwrap())
        .parse()
        .unwrap();
    let server = std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let mut part = [0; 4096];
        let count = socket.read(&mut part).unwrap();
        let _ = socket.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n");
        drop(socket);
        listener.set_nonblocking(true).unwrap();
        (part[..count].to_vec(), listener)
    });
    let error = send(TlsOptions::default(), get(&origin)).await.unwrap_err();
    assert!(matches!(error, Error::AnsweredInPlainHttp { .. }), "{error:?}");
    assert!(!error.is_transient());
    let (first, listener) = server.join().unwrap();
    assert_eq!(first[0], 0x16, "a TLS handshake record");
    assert!(!String::from_utf8_lossy(&first).contains("secret"));
    assert!(listener.accept().is_err(), "there was a second connection");
}

/// S27: options can be shown while debugging.
#[test]
fn options_show_no_key() {
    let origin = "https://reg.example".parse().unwrap();
    let tls = TlsOptions::default().with_identity(origin, "planted-secret", "planted-secret");
    let options = TransportOptions::default().with_tls(tls);
    let shown = format!("{options:?}");
    assert!(
        shown.contains("reg.example") && !shown.contains("planted-secret"),
        "{shown}"
    );
}
