//! TLS: who is trusted, what is agreed on, and what a bad handshake costs.

use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::{Request, Version};
use oras_content::Digest;
use oras_server::{
    Backend, ClientCertificates, Error, MemoryBackend, ServerOptions, Tls, TokenRealm, User, Users,
};
use oras_server_faults::Server;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::client::raw;
use crate::log::Log;
use crate::secured::Client;

const PATIENCE: Duration = Duration::from_millis(300);

fn options() -> ServerOptions {
    ServerOptions::default().with_tls(Tls::self_signed().unwrap())
}

async fn start(options: ServerOptions) -> Server {
    Server::start(options).await.unwrap()
}

async fn serving() -> Server {
    start(options()).await
}

/// An error and what it comes from, in one line.
#[track_caller]
fn refused(tls: Result<Tls, Error>) -> String {
    let error = tls.unwrap_err();
    assert!(matches!(error, Error::Tls { .. }), "{error:?}");
    let source = std::error::Error::source(&error).expect("it says what is wrong");
    format!("{error}: {source}")
}

/// A certificate for `localhost` that is valid for these years, and its key.
fn pair(years: [i32; 2]) -> (String, String) {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    [params.not_before, params.not_after] = years.map(|year| rcgen::date_time_ymd(year, 1, 1));
    let certificate = params.self_signed(&key).unwrap();
    (certificate.pem(), key.serialize_pem())
}

#[tokio::test]
async fn the_version_of_http_is_agreed_on() {
    let server = serving().await;
    assert_eq!(server.url(), format!("https://{}", server.addr()));
    assert_eq!(server.registry(), server.addr().to_string());
    for (offered, version) in [
        (&["h2"][..], Version::HTTP_2),
        (&["http/1.1"], Version::HTTP_11),
        (&["h2", "http/1.1"], Version::HTTP_2),
        (&["http/1.1", "h2"], Version::HTTP_2),
        (&[], Version::HTTP_11),
    ] {
        let client = Client::of(&server).offering(offered);
        server.journal().clear();
        let got = client.get(&server, "/v2/").await.unwrap().expect(200);
        assert_eq!(got.json(), serde_json::json!({}));
        assert_eq!(server.journal().entries()[0].version, version, "{offered:?}");
    }
}

#[tokio::test]
async fn http2_can_be_switched_off() {
    let server = start(options().with_http2(false)).await;
    let both = Client::of(&server).offering(&["h2", "http/1.1"]);
    both.get(&server, "/v2/").await.unwrap().expect(200);
    assert_eq!(server.journal().entries()[0].version, Version::HTTP_11);
    let one = Client::of(&server).offering(&["h2"]);
    one.get(&server, "/v2/").await.unwrap_err();
}

#[tokio::test]
async fn what_was_agreed_on_is_what_is_spoken() {
    let server = serving().await;
    let one = Client::of(&server).offering(&["h2"]);
    let answer = one
        .raw(
            &server,
            b"GET /v2/ HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
        )
        .await;
    assert!(!answer.contains("200 OK"), "{answer}");
    let other = Client::of(&server).offering(&["http/1.1"]);
    let answer = other
        .raw(&server, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0")
        .await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    assert_eq!(server.journal().requests(), 0);
}

#[tokio::test]
async fn protocols_that_are_not_spoken_are_not_agreed_on() {
    let server = serving().await;
    let client = Client::of(&server).offering(&["http/1.0", "spdy/3"]);
    client.connect(&server).await.unwrap_err();
}

#[tokio::test]
async fn the_certificate_is_for_this_machine_and_vouched_for_by_the_root() {
    let server = serving().await;
    let client = Client::of(&server);
    for name in ["localhost", "127.0.0.1", "::1"] {
        client.connect_as(&server, name).await.unwrap();
    }
    client.connect_as(&server, "elsewhere").await.unwrap_err();
    let other = Tls::self_signed().unwrap();
    let stranger = Client::trusting(other.trust_root().unwrap());
    stranger.connect(&server).await.unwrap_err();
}

#[tokio::test]
async fn a_certificate_can_be_for_other_names() {
    let tls = Tls::self_signed_for(["registry.test", "10.1.2.3"]).unwrap();
    let server = start(ServerOptions::default().with_tls(tls)).await;
    let client = Client::of(&server);
    client.connect_as(&server, "registry.test").await.unwrap();
    client.connect_as(&server, "10.1.2.3").await.unwrap();
    client.connect_as(&server, "localhost").await.unwrap_err();
}

#[tokio::test]
async fn versions_before_1_2_are_refused() {
    let server = serving().await;
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let client = Client::of(&server).only(version);
        client.get(&server, "/v2/").await.unwrap().expect(200);
    }
    // A client that knows no more than TLS 1.1, one cipher, and one kind of signature.
    let mut hello = vec![1, 0, 0, 51, 3, 2];
    hello.extend([7; 32]);
    hello.extend([0, 0, 2, 0xc0, 0x2b, 1, 0]);
    hello.extend([0, 8, 0, 13, 0, 4, 0, 2, 4, 3]);
    let mut record = vec![22, 3, 1, 0, u8::try_from(hello.len()).unwrap()];
    record.extend(hello);
    let mut stream = TcpStream::connect(server.addr()).await.unwrap();
    stream.write_all(&record).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.ok();
    assert_eq!(
        (answer[0], &answer[5..]),
        (21, &[2, 70][..]),
        "alert: protocol version"
    );
}

#[tokio::test]
async fn content_goes_up_and_down() {
    let content: Vec<u8> = (0..3_000_000u32).map(|number| number.to_be_bytes()[3]).collect();
    let digest = Digest::sha256(&content);
    let server = serving().await;
    for protocol in ["http/1.1", "h2"] {
        let client = Client::of(&server).offering(&[protocol]);
        let post = Request::post(format!(
            "{}/v2/{}/blobs/uploads/?digest={digest}",
            server.url(),
            &protocol[..1]
        ))
        .header("host", server.registry())
        .body(Full::from(content.clone()))
        .unwrap();
        client.send(&server, post).await.unwrap().expect(201);
        let path = format!("/v2/{}/blobs/{digest}", &protocol[..1]);
        assert_eq!(client.get(&server, &path).await.unwrap().body, content);
    }
}

#[tokio::test]
async fn clients_without_a_right_certificate_are_refused() {
    let tls = Tls::self_signed().unwrap();
    let root = tls.trust_root().unwrap().to_owned();
    let (right, wrong) = (
        tls.client_identity("ann").unwrap(),
        Tls::self_signed().unwrap().client_identity("ann").unwrap(),
    );
    for (asked, without) in [
        (ClientCertificates::Required, false),
        (ClientCertificates::Optional, true),
    ] {
        let tls = tls.clone().with_client_ca(&root, asked).unwrap();
        let server = start(ServerOptions::default().with_tls(tls)).await;
        for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
            let client = Client::of(&server).only(version);
            let got = client.get(&server, "/v2/").await;
            assert_eq!(got.is_ok(), without, "{asked:?}: {got:?}");
            client
                .clone()
                .showing(wrong.clone())
                .get(&server, "/v2/")
                .await
                .unwrap_err();
            let got = client.showing(right.clone()).get(&server, "/v2/").await;
            got.unwrap().expect(200);
        }
        let served = if without { 4 } else { 2 };
        assert_eq!(
            server.journal().requests(),
            served,
            "a refused client asks nothing"
        );
    }
}

#[tokio::test]
async fn a_server_certificate_is_none_for_a_client() {
    let tls = Tls::self_signed().unwrap();
    let root = tls.trust_root().unwrap().to_owned();
    let (certificate, key) = pair([2020, 2120]);
    let files = tempfile::tempdir().unwrap();
    let [one, other, roots] = ["tls.crt", "tls.key", "roots"].map(|name| files.path().join(name));
    std::fs::write(&one, &certificate).unwrap();
    std::fs::write(&other, &key).unwrap();
    std::fs::write(&roots, &root).unwrap();
    let given = Tls::from_pem_files(&one, &other).unwrap();
    assert_eq!(given.trust_root(), None);
    assert!(refused(given.client_identity("ann").map(|_| given.clone())).contains("vouch"));
    let given = given
        .with_client_ca_file(&roots, ClientCertificates::Required)
        .unwrap();
    let server = start(ServerOptions::default().with_tls(given)).await;
    assert_eq!(server.plain().trust_root(), None);
    let client = Client::trusting(&certificate).showing(tls.client_identity("ann").unwrap());
    client.connect_as(&server, "localhost").await.unwrap();
}

#[test]
fn what_cannot_be_shown_is_refused_by_name() {
    let (certificate, key) = pair([2020, 2120]);
    let (_, other_key) = pair([2020, 2120]);
    let encrypted = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAA==\n-----END ENCRYPTED PRIVATE KEY-----\n";
    let damaged = certificate.replacen("MII", "AII", 1);
    for (tls, part) in [
        (
            Tls::from_pem(&certificate, &other_key),
            "the key for TLS: it is not the key of the certificate",
        ),
        (
            Tls::from_pem("", &key),
            "the certificate for TLS: there is no PEM certificate in it",
        ),
        (Tls::from_pem(&key, &key), "there is no PEM certificate in it"),
        (
            Tls::from_pem(&certificate, ""),
            "the key for TLS: there is no PEM private key in it",
        ),
        (
            Tls::from_pem(&certificate, &certificate),
            "there is no PEM private key in it",
        ),
        (Tls::from_pem(&certificate, encrypted), "decrypt it first"),
        (Tls::from_pem(&damaged, &key), "the certificate"),
        (Tls::from_pem(&certificate, key.replace("MIG", "AIG")), "the key"),
        (Tls::from_pem(&certificate[..200], &key), "the certificate"),
        (Tls::self_signed_for(["a\u{e9}b"]), "made on the spot"),
    ] {
        let error = refused(tls);
        assert!(error.contains(part) && !error.contains('\n'), "{error}");
        assert!(!error.contains(&key[78..92]), "{error}");
    }
    let given = || Tls::from_pem(&certificate, &key).unwrap();
    let roots = given().with_client_ca("", ClientCertificates::Required);
    assert!(refused(roots).contains("roots of client certificates"));
    let dir = tempfile::tempdir().unwrap();
    let none = dir.path().join("none");
    let error = refused(Tls::from_pem_files(&none, &none));
    assert!(
        error.contains(&none.display().to_string()) && error.contains("No such file"),
        "{error}"
    );
    refused(given().with_client_ca_file(&none, ClientCertificates::Optional));
}

#[test]
fn a_certificate_that_is_not_valid_now_is_a_warning() {
    for (years, warning) in [
        ([2000, 2010], "not valid any more, since 20100101000000Z"),
        ([2100, 2200], "not valid yet, until 21000101000000Z"),
        ([2000, 2200], ""),
    ] {
        let log = Log::default();
        let _logging = log.start(tracing::Level::WARN);
        let (certificate, key) = pair(years);
        Tls::from_pem(certificate, key).unwrap();
        let text = log.text();
        assert_eq!(text.contains("WARN"), !warning.is_empty(), "{text}");
        assert!(text.contains(warning), "{text}");
    }
}

#[test]
fn no_key_shows() {
    let (certificate, key) = pair([2020, 2120]);
    let tls = Tls::from_pem(certificate, &key).unwrap();
    let made = Tls::self_signed().unwrap();
    let client = made.client_identity("ann").unwrap();
    let text = format!("{tls:?} {made:?} {client:?} {:?}", options());
    for key in [key.as_str(), client.key()] {
        assert!(
            !text.contains(&key[78..92]) && !text.contains("PRIVATE"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn plain_http_ends_at_once() {
    let server = serving().await;
    let answer = raw(server.addr(), "GET /v2/ HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert!(!answer.contains("HTTP"), "{answer}");
    assert_eq!(server.journal().requests(), 0);
    let none = raw(server.addr(), vec![0; 20_000]).await;
    assert!(!none.contains("HTTP"), "{none}");
}

#[tokio::test]
async fn a_handshake_that_stalls_holds_nobody_up_and_ends() {
    let server = start(options().with_patience(PATIENCE)).await;
    let mut silent = TcpStream::connect(server.addr()).await.unwrap();
    // The head of a record whose rest never comes.
    silent.write_all(&[22, 3, 1, 2, 0, 1]).await.unwrap();
    let client = Client::of(&server);
    client.get(&server, "/v2/").await.unwrap().expect(200);
    let mut rest = Vec::new();
    silent.read_to_end(&mut rest).await.ok();
    assert_eq!(server.journal().requests(), 1);
}

#[tokio::test]
async fn a_client_that_is_silent_or_does_not_read_is_cut_off() {
    let backend: Arc<dyn Backend> = Arc::new(MemoryBackend::new());
    let content = vec![0; 64 * 1024 * 1024];
    let digest = Digest::sha256(&content);
    let plain = start(ServerOptions::default().with_backend(Arc::clone(&backend))).await;
    let path = format!("/v2/a/blobs/uploads/?digest={digest}");
    let post = crate::client::call(plain.addr(), "POST", &path).body(content);
    post.send().await.expect(201);

    let server = start(options().with_backend(backend).with_patience(PATIENCE)).await;
    let client = Client::of(&server).offering(&["http/1.1"]);
    for sent in ["", "GET /v2/ HTTP/1.1\r\nhost: x\r\n\r\n"] {
        client.raw(&server, sent.as_bytes()).await;
    }
    let mut stream = client.connect(&server).await.unwrap();
    let request = format!("GET /v2/a/blobs/{digest} HTTP/1.1\r\nhost: x\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let mut read = Vec::new();
    stream.read_to_end(&mut read).await.ok();
    assert!(read.len() < 64 * 1024 * 1024);
}

#[tokio::test]
async fn a_shutdown_waits_for_requests_and_not_for_handshakes() {
    let server = serving().await;
    let handshaking = TcpStream::connect(server.addr()).await.unwrap();
    let client = Client::of(&server).offering(&["http/1.1"]);
    let mut stream = client.connect(&server).await.unwrap();
    let digest = Digest::sha256(b"hello world");
    let head = format!(
        "POST /v2/a/blobs/uploads/?digest={digest} HTTP/1.1\r\nhost: x\r\ncontent-length: 11\r\n\r\n"
    );
    stream.write_all(format!("{head}hello").as_bytes()).await.unwrap();
    let (journal, addr) = (server.journal(), server.addr());
    while journal.bytes_received() < 5 {
        tokio::task::yield_now().await;
    }
    let stopping = tokio::spawn(server.shutdown());
    while TcpStream::connect(addr).await.is_ok() {
        tokio::task::yield_now().await;
    }
    assert!(!stopping.is_finished());
    stream.write_all(b" world").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
    stopping.await.unwrap();
    drop(handshaking);
}

#[tokio::test]
async fn realms_say_https() {
    let users = Users::new().with_user(User::new("ann", "pw"));
    let options = options().with_users(users).with_tokens(true);
    for (realm, is_second) in [(TokenRealm::Absolute, false), (TokenRealm::SecondOrigin, true)] {
        let server = start(options.clone().with_token_realm(realm)).await;
        for protocol in ["http/1.1", "h2"] {
            let client = Client::of(&server).offering(&[protocol]);
            let got = client.get(&server, "/v2/").await.unwrap().expect(401);
            let root = match server.second_origin() {
                Some(second) if is_second => second.url(),
                _ => server.url(),
            };
            assert!(root.starts_with("https://"));
            let expected = format!("Bearer realm=\"{root}/token\",service=\"{}\"", server.registry());
            assert_eq!(got.header("www-authenticate"), Some(expected.as_str()));
        }
    }
}

#[tokio::test]
async fn faults_are_the_same_inside() {
    use oras_server::Route;
    use oras_server_faults::Fault;

    let server = serving().await;
    let client = Client::of(&server).offering(&["http/1.1"]);
    server.inject(Fault::status(503).on_route(Route::Base));
    client.get(&server, "/v2/").await.unwrap().expect(503);
    for fault in [
        Fault::reset(1),
        Fault::reset_answer(20),
        Fault::content_length(["-1"]),
    ] {
        server.inject(fault.on_route(Route::Base));
        client.get(&server, "/v2/").await.unwrap_err();
    }
    server.inject(Fault::refuse_stream().on_route(Route::Base));
    let other = Client::of(&server).offering(&["h2"]);
    other.get(&server, "/v2/").await.unwrap_err();
    client.get(&server, "/v2/").await.unwrap().expect(200);
}
