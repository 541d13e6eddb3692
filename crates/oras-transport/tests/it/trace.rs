//! What is logged, and what never is.

use std::io;
use std::sync::{Arc, Mutex};

use oras_transport::{
    Error, RedirectLayer, RetryLayer, RetryOptions, TraceLayer, TransportOptions, base, client,
};
use tower::{Layer, ServiceExt};
use tracing_subscriber::fmt::format::FmtSpan;

use crate::double::request;
use crate::server::{Reply, Server, bare, reply};

/// Planted in headers, queries and content; the second is `user:planted-secret` in base64.
const SECRETS: [&str; 2] = ["planted-secret", "dXNlcjpwbGFudGVkLXNlY3JldA"];

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// Keeps all that is logged on this thread, from every crate, while the guard lives.
    fn start(&self) -> tracing::subscriber::DefaultGuard {
        self.start_at(tracing::Level::TRACE)
    }

    fn start_at(&self, level: tracing::Level) -> tracing::subscriber::DefaultGuard {
        let log = self.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(level)
            .with_span_events(FmtSpan::FULL)
            .with_ansi(false)
            .with_writer(move || log.clone())
            .finish();
        tracing::subscriber::set_default(subscriber)
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

fn assert_no_secret(text: &str) {
    for secret in SECRETS {
        assert!(!text.contains(secret), "{text}");
    }
}

/// An error with all its causes, both as people and as developers see it.
fn shown(error: &Error) -> String {
    let mut text = format!("{error} {error:?}");
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text.push_str(&format!(" {error} {error:?}"));
        cause = error.source();
    }
    text
}

const HEADERS: [(&str, &str); 4] = [
    ("authorization", "Basic dXNlcjpwbGFudGVkLXNlY3JldA=="),
    ("cookie", "planted-secret"),
    ("x-own", "planted-secret"),
    ("range", "bytes=7654321-"),
];

/// S27: a retry, a redirect to a signed URL and an answer leave no secret in the log.
#[tokio::test]
async fn an_exchange_is_logged_without_its_secrets() {
    let server = Server::start(|number, _| match number {
        0 => bare(503, &[("x-token", "planted-secret"), ("retry-after", "0")]),
        1 => bare(307, &[("location", "/moved/there?signature=planted-secret")]),
        _ => reply(200, &[("set-cookie", "planted-secret")], b"planted-secret"),
    })
    .await;
    let log = Log::default();
    let guard = log.start();
    let service = base(&TransportOptions::default()).unwrap();
    let service = TraceLayer::new().layer(RetryLayer::new(RetryOptions::default()).layer(service));
    let get = request("GET", &server.url("/asked/here?token=planted-secret"), &HEADERS);
    let answered = service.oneshot(get).await.unwrap();
    assert_eq!(answered.into_body().read_limited(100).await.unwrap().len(), 14);
    drop(guard);
    assert_eq!(server.received().len(), 3);
    let text = log.text();
    for expected in [
        "/asked/here",
        "method=GET",
        "status=200",
        "attempts=2",
        "bytes=14",
        "trying again",
        "authorization: …; cookie: …; x-own: …; range: bytes=7654321-",
        "set-cookie: …",
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    assert_no_secret(&text);
}

/// S27: what fails is told without secrets too, in the log and in the error.
#[tokio::test]
async fn a_failure_is_told_without_its_secrets() {
    let server = Server::start(|_, request| match request.head.split(' ').nth(1) {
        Some(path) if path.starts_with("/user") => bare(
            302,
            &[(
                "location",
                "http://user:planted-secret@127.0.0.1:1/?planted-secret",
            )],
        ),
        Some(path) if path.starts_with("/method") => {
            bare(302, &[("location", "/other?signature=planted-secret")])
        }
        Some(path) if path.starts_with("/loop") => {
            bare(302, &[("location", "/loop?signature=planted-secret")])
        }
        Some(path) if path.starts_with("/nonsense") => Reply::Last(b"planted-secret\r\n\r\n".to_vec()),
        _ => Reply::Reset,
    })
    .await;
    let log = Log::default();
    let guard = log.start();
    let service = client(&TransportOptions::default()).unwrap();
    let service = TraceLayer::new().layer(RedirectLayer::new().layer(service));
    let mut errors = Vec::new();
    for (method, path) in [
        ("GET", "/user"),
        ("PUT", "/method"),
        ("GET", "/loop"),
        ("GET", "/nonsense"),
        ("GET", "/reset"),
    ] {
        let url = server.url(&format!("{path}?token=planted-secret"));
        let error = service.clone().oneshot(request(method, &url, &HEADERS)).await;
        errors.push(shown(&error.unwrap_err()));
    }
    let refused = request(
        "GET",
        "http://user:planted-secret@127.0.0.1:1/?planted-secret",
        &HEADERS,
    );
    errors.push(shown(&service.oneshot(refused).await.unwrap_err()));
    drop(guard);
    assert_no_secret(&errors.join("\n"));
    let text = log.text();
    assert_eq!(text.matches("failed").count(), 6, "{text}");
    assert_no_secret(&text);
}

/// S27: requests can be shown while debugging.
#[test]
fn a_body_is_not_shown() {
    assert_no_secret(&format!("{:?}", oras_transport::Body::from("planted-secret")));
}

/// What is logged of an answer with this content type and body, at this level.
async fn logged(kind: &'static str, body: Vec<u8>, level: tracing::Level) -> String {
    let server = Server::start(move |_, _| reply(200, &[("content-type", kind)], &body)).await;
    let log = Log::default();
    let guard = log.start_at(level);
    let service = TraceLayer::new().layer(base(&TransportOptions::default()).unwrap());
    let answered = service
        .oneshot(request("GET", &server.url("/"), &[]))
        .await
        .unwrap();
    answered.into_body().read_limited(10_000).await.unwrap();
    drop(guard);
    log.text()
}

#[tokio::test]
async fn the_beginning_of_a_text_is_logged_where_somebody_asks_for_it() {
    for kind in [
        "application/json",
        "application/vnd.oci.image.manifest.v1+json; charset=utf-8",
        "text/plain",
    ] {
        let text = logged(kind, b"{\"a\":\n\x1b[31m}".to_vec(), tracing::Level::TRACE).await;
        assert!(text.contains(r#"{\"a\":\n\u{1b}[31m}"#), "{text}");
        assert!(!text.contains('\u{1b}'), "{text}");
        let text = logged(kind, b"{\"a\":1}".to_vec(), tracing::Level::DEBUG).await;
        assert!(!text.contains(r#"\"a\""#), "{text}");
    }
    let text = logged("text/html", vec![b'x'; 9000], tracing::Level::TRACE).await;
    assert!(text.contains(&format!("{}…", "x".repeat(4096))), "{text}");
    assert!(!text.contains(&"x".repeat(4097)), "{text}");
    let text = logged(
        "application/octet-stream",
        b"binary".to_vec(),
        tracing::Level::TRACE,
    )
    .await;
    assert!(!text.contains("binary"), "{text}");
}
