//! Content on its way out and on its way in.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use oras_transport::{
    Body, BodyFault, BodySource, BoxError, Error, Request, Response, RetryLayer, RetryOptions,
    TransportOptions, client,
};
use tower::{Layer, ServiceExt};

use crate::double::request;
use crate::server::{Reply, Server, bare, reply};

/// Yields these parts, and counts how often it was opened.
pub(crate) struct Parts {
    pub(crate) parts: &'static [&'static str],
    pub(crate) opened: AtomicUsize,
}

impl Parts {
    pub(crate) fn new(parts: &'static [&'static str]) -> Arc<Self> {
        Arc::new(Self {
            parts,
            opened: AtomicUsize::new(0),
        })
    }
}

#[async_trait]
impl BodySource for Parts {
    async fn open(&self) -> Result<BoxStream<'static, Result<Bytes, BoxError>>, BoxError> {
        self.opened.fetch_add(1, Ordering::SeqCst);
        let parts = self
            .parts
            .iter()
            .map(|part| Ok(Bytes::from_static(part.as_bytes())));
        Ok(futures_util::stream::iter(parts).boxed())
    }
}

struct Unreadable;

#[async_trait]
impl BodySource for Unreadable {
    async fn open(&self) -> Result<BoxStream<'static, Result<Bytes, BoxError>>, BoxError> {
        Err("no such thing".into())
    }
}

fn put(server: &Server, body: Body) -> Request {
    let mut put = request("PUT", &server.url("/x"), &[]);
    *put.body_mut() = body;
    put
}

/// Sends with retries, as the usual stack does.
async fn send(request: Request) -> Result<Response, Error> {
    let client = client(&TransportOptions::default()).unwrap();
    let quick = RetryOptions::default().with_min_wait(std::time::Duration::ZERO);
    RetryLayer::new(quick.with_base(std::time::Duration::ZERO))
        .layer(client)
        .oneshot(request)
        .await
}

fn body_fault(error: &Error) -> Option<BodyFault> {
    match error {
        Error::RequestBody { source, .. } => source.downcast_ref().copied(),
        _ => None,
    }
}

/// The caller's own mistake is not repeated, and the peer never takes it for complete content.
#[tokio::test]
async fn a_source_that_breaks_its_promise_is_opened_once_and_never_complete() {
    let cases: [(&'static [&'static str], BodyFault); 3] = [
        (&["abc"], BodyFault::TooShort { promised: 8, sent: 3 }),
        (&["abc", "defgh", "i"], BodyFault::TooLong { promised: 8 }),
        (&["abcdefghi"], BodyFault::TooLong { promised: 8 }),
    ];
    for (parts, expected) in cases {
        let server = Server::start(|_, _| bare(201, &[])).await;
        let source = Parts::new(parts);
        let body = Body::replayable(Some(8), Arc::clone(&source) as Arc<dyn BodySource>);
        let error = send(put(&server, body)).await.unwrap_err();
        assert_eq!(body_fault(&error), Some(expected), "{error:?}");
        assert!(!error.is_transient());
        assert_eq!(source.opened.load(Ordering::SeqCst), 1);
        let received = server.received();
        assert!(received.len() <= 1, "{received:?}");
        assert!(received.iter().all(|request| !request.complete), "{received:?}");
    }
}

#[tokio::test]
async fn a_source_that_does_not_open_ends_the_request() {
    let server = Server::start(|_, _| bare(201, &[])).await;
    let error = send(put(&server, Body::replayable(Some(8), Arc::new(Unreadable))))
        .await
        .unwrap_err();
    assert!(matches!(error, Error::RequestBody { .. }), "{error:?}");
    assert!(server.received().iter().all(|request| !request.complete));
}

#[tokio::test]
async fn every_attempt_sends_all_of_a_replayable_body() {
    for len in [Some(6), None] {
        let server = Server::start(|number, _| bare(if number == 0 { 503 } else { 201 }, &[])).await;
        let source = Parts::new(&["abc", "", "def"]);
        let body = Body::replayable(len, Arc::clone(&source) as Arc<dyn BodySource>);
        assert_eq!(send(put(&server, body)).await.unwrap().status(), 201);
        assert_eq!(source.opened.load(Ordering::SeqCst), 2);
        let received = server.received();
        assert_eq!(received.len(), 2);
        for request in received {
            assert_eq!(
                (request.body.as_slice(), request.complete),
                (&b"abcdef"[..], true)
            );
            assert_eq!(request.header("content-length"), len.map(|_| "6"));
        }
    }
}

#[tokio::test]
async fn reading_stops_at_the_limit_of_an_endless_body() {
    let server = Server::start(|_, _| Reply::Endless).await;
    let response = send(request("GET", &server.url("/x?sig=hidden"), &[]))
        .await
        .unwrap();
    let error = response.into_body().read_limited(10_000).await.unwrap_err();
    assert!(
        matches!(error, Error::BodyTooLarge { limit: 10_000, .. }),
        "{error:?}"
    );
    assert!(!format!("{error} {error:?}").contains("hidden"));
}

#[tokio::test]
async fn a_body_of_exactly_the_limit_is_read() {
    let server = Server::start(|_, _| reply(200, &[], b"12345")).await;
    let response = send(request("GET", &server.url("/"), &[])).await.unwrap();
    assert_eq!(response.into_body().read_limited(5).await.unwrap(), "12345");
    let response = send(request("GET", &server.url("/"), &[])).await.unwrap();
    let error = response.into_body().read_limited(4).await.unwrap_err();
    assert!(matches!(error, Error::BodyTooLarge { limit: 4, .. }), "{error:?}");
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_an_error_and_not_an_end() {
    for said in [
        &b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc"[..],
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n",
    ] {
        let server = Server::start(move |_, _| Reply::Last(said.to_vec())).await;
        let response = send(request("GET", &server.url("/"), &[])).await.unwrap();
        let mut body = response.into_body();
        assert_eq!(body.next().await.unwrap().unwrap(), "abc");
        let error = body.next().await.unwrap().unwrap_err();
        assert!(matches!(error, Error::ResponseBody { .. }), "{error:?}");
        assert!(error.is_transient());
        assert!(body.next().await.is_none());
    }
}

/// S35: content that comes compressed, asked for or not, is handed on as it is.
#[tokio::test]
async fn compressed_content_is_not_touched() {
    let server =
        Server::start(|_, _| reply(200, &[("content-encoding", "gzip")], b"\x1f\x8b\x08not gzip")).await;
    let response = send(request("GET", &server.url("/"), &[])).await.unwrap();
    assert_eq!(response.headers()["content-encoding"], "gzip");
    let content = response.into_body().read_limited(100).await.unwrap();
    assert_eq!(content.as_ref(), b"\x1f\x8b\x08not gzip");
    assert_eq!(server.received()[0].header("accept-encoding"), Some("identity"));
}
