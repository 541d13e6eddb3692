//! Who is spoken to over TLS, and whether that can be trusted.

use std::io::{Read, Write};
use std::net::TcpListener;

use oras_transport::{ConnectReason, Error, Origin, Request, Response, TlsOptions, TransportOptions, base};
use tower::ServiceExt;

use crate::double::request;
use crate::secured::{Identity, Secured, ok};
use crate::server::{Server, reply};

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
