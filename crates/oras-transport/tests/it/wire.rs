//! What goes over the wire, and how the client tells what went wrong.

use std::time::Duration;

use oras_transport::{Body, ConnectReason, Error, Phase, Response, TransportOptions, client};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tower::ServiceExt;

use crate::double::request;

/// A server that answers each connection with `said`, then waits; and the heads that it reads.
async fn server(said: &'static [u8]) -> (String, mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (heads, received) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let heads = heads.clone();
            tokio::spawn(async move {
                let mut part = vec![0; 16 * 1024];
                let count = socket.read(&mut part).await.unwrap_or(0);
                let _ = heads.send(String::from_utf8_lossy(&part[..count]).to_lowercase());
                let _ = socket.write_all(said).await;
                let _ = socket.read(&mut part).await;
            });
        }
    });
    (address, received)
}

fn impatient() -> TransportOptions {
    let short = Duration::from_millis(200);
    TransportOptions::default()
        .with_head_timeout(short)
        .with_idle_timeout(short)
}

async fn get(url: &str) -> Result<Response, Error> {
    client(&impatient())
        .unwrap()
        .oneshot(request("GET", url, &[]))
        .await
}

/// S28, S35: no referrer is told, and no coding is asked for.
#[tokio::test]
async fn a_request_says_no_more_than_it_must() {
    let (address, mut heads) = server(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    get(&format!("http://{address}/x?y=1")).await.unwrap();
    let head = heads.recv().await.unwrap();
    assert!(head.contains("accept-encoding: identity\r\n"), "{head}");
    assert!(!head.contains("referer") && !head.contains("cookie"), "{head}");
}

#[tokio::test]
async fn a_server_that_speaks_tls_is_told_from_one_that_does_not_listen() {
    let (tls, _heads) = server(b"\x15\x03\x01\x00\x02\x02\x16").await;
    let error = get(&format!("http://{tls}/")).await.unwrap_err();
    assert!(matches!(error, Error::ExpectsTls { .. }), "{error:?}");
    let free = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let error = get(&format!("http://{free}/")).await.unwrap_err();
    assert!(
        matches!(
            error,
            Error::Connect {
                reason: ConnectReason::Refused,
                ..
            }
        ),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_silent_server_is_given_up() {
    let (silent, _heads) = server(b"").await;
    let error = get(&format!("http://{silent}/")).await.unwrap_err();
    assert!(
        matches!(
            error,
            Error::TimedOut {
                phase: Phase::Head,
                ..
            }
        ),
        "{error:?}"
    );
    let (stalling, _heads) = server(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc").await;
    let response = get(&format!("http://{stalling}/")).await.unwrap();
    let error = response.into_body().read_limited(100).await.unwrap_err();
    assert!(
        matches!(
            error,
            Error::TimedOut {
                phase: Phase::Receive,
                ..
            }
        ),
        "{error:?}"
    );
}

/// S31, S32: reading stops at the limit, whatever length is claimed.
#[tokio::test]
async fn a_body_beyond_the_limit_is_not_read() {
    let said = b"HTTP/1.1 200 OK\r\ncontent-length: 9223372036854775807\r\n\r\nabcdefgh";
    let (address, _heads) = server(said).await;
    let response = get(&format!("http://{address}/")).await.unwrap();
    let error = response.into_body().read_limited(5).await.unwrap_err();
    assert!(matches!(error, Error::BodyTooLarge { limit: 5, .. }), "{error:?}");
}

#[tokio::test]
async fn a_body_that_breaks_its_promise_ends_the_request() {
    let (address, _heads) = server(b"").await;
    for content in [&b"short"[..], b"much too long"] {
        let mut put = request("PUT", &format!("http://{address}/"), &[]);
        let frames = futures_util::stream::iter([Ok(bytes::Bytes::from_static(content))]);
        *put.body_mut() = Body::once(Some(8), Box::pin(frames));
        let error = client(&impatient()).unwrap().oneshot(put).await.unwrap_err();
        assert!(matches!(error, Error::RequestBody { .. }), "{error:?}");
    }
}
