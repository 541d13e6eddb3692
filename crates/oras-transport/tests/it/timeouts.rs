//! What is waited for, and by whom.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use oras_transport::{Attempts, Body, Error, Phase, RetryLayer, RetryOptions, TransportOptions, client};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tower::{Layer, ServiceExt};

use crate::double::request;
use crate::server::{Reply, Server, bare};

const SHORT: Duration = Duration::from_millis(100);

fn phase(error: &Error) -> Option<Phase> {
    match error {
        Error::TimedOut { phase, .. } => Some(*phase),
        _ => None,
    }
}

/// A port that takes connections and never reads from them.
async fn deaf() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok(connection) = listener.accept().await {
            held.push(connection);
        }
    });
    address
}

#[cfg(feature = "tls")]
#[tokio::test]
async fn a_handshake_that_does_not_come_is_given_up() {
    let options = TransportOptions::default().with_connect_timeout(SHORT);
    let get = request("GET", &format!("https://{}/", deaf().await), &[]);
    let error = client(&options).unwrap().oneshot(get).await.unwrap_err();
    assert_eq!(phase(&error), Some(Phase::Connect), "{error:?}");
    assert!(error.is_transient());
}

#[tokio::test]
async fn a_peer_that_takes_nothing_is_given_up() {
    let options = TransportOptions::default().with_idle_timeout(SHORT);
    let endless = futures_util::stream::repeat_with(|| Ok(Bytes::from_static(&[0; 64 * 1024])));
    let mut put = request("PUT", &format!("http://{}/", deaf().await), &[]);
    *put.body_mut() = Body::once(None, endless.boxed());
    let error = client(&options).unwrap().oneshot(put).await.unwrap_err();
    assert_eq!(phase(&error), Some(Phase::Send), "{error:?}");
}

/// The caller's own source may take its time: neither limit runs while it is waited for.
#[tokio::test]
async fn a_slow_source_is_nobodys_fault() {
    let server = Server::start(|_, _| bare(201, &[])).await;
    let options = TransportOptions::default().with_idle_timeout(SHORT);
    let slow = futures_util::stream::iter(["ab", "cd"]).then(|part| async move {
        tokio::time::sleep(4 * SHORT).await;
        Ok(Bytes::from_static(part.as_bytes()))
    });
    let mut put = request("PUT", &server.url("/"), &[]);
    *put.body_mut() = Body::once(Some(4), slow.boxed());
    let answered = client(&options).unwrap().oneshot(put).await.unwrap();
    assert_eq!(answered.status(), 201);
    assert_eq!(server.received()[0].body, b"abcd");
}

#[tokio::test]
async fn a_read_that_timed_out_is_repeated() {
    let server = Server::start(|number, _| match number {
        0 => Reply::Send(Vec::new()),
        _ => bare(200, &[]),
    })
    .await;
    let options = TransportOptions::default().with_head_timeout(10 * SHORT);
    let service = RetryLayer::new(RetryOptions::default()).layer(client(&options).unwrap());
    let get = request("GET", &server.url("/"), &[]);
    let answered = service.oneshot(get).await.unwrap();
    assert_eq!(answered.extensions().get(), Some(&Attempts(2)));
    assert_eq!(server.received().len(), 2);
}

/// Whatever was sent may have been done: a `POST` is not repeated because its answer does not come.
#[tokio::test]
async fn a_post_that_timed_out_is_not_repeated() {
    let server = Arc::new(Server::start(|_, _| Reply::Send(Vec::new())).await);
    let options = TransportOptions::default().with_head_timeout(SHORT);
    let service = RetryLayer::new(RetryOptions::default()).layer(client(&options).unwrap());
    let error = service
        .oneshot(request("POST", &server.url("/"), &[]))
        .await
        .unwrap_err();
    assert_eq!(phase(&error), Some(Phase::Head), "{error:?}");
    assert!(server.received().len() <= 1);
}

/// A server that reads a whole request of `body` bytes and answers `answer`, a byte at a time after each `pause`.
async fn dripping(body: usize, first: Duration, answer: &'static [u8], pause: Duration) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut read = Vec::new();
            while !complete(&read, body) && socket.read_buf(&mut read).await.unwrap_or(0) > 0 {}
            tokio::time::sleep(first).await;
            let (head, rest) = answer.split_at(answer.len().min(40));
            let _ = socket.write_all(head).await;
            for byte in rest {
                tokio::time::sleep(pause).await;
                if socket.write_all(&[*byte]).await.is_err() {
                    break;
                }
            }
        }
    });
    address
}

fn complete(read: &[u8], body: usize) -> bool {
    let head = read.windows(4).position(|end| end == b"\r\n\r\n");
    head.is_some_and(|end| read.len() >= end + 4 + body)
}

const SHORT_ANSWER: &[u8] = b"HTTP/1.1 201 Created\r\ncontent-length:0\r\n\r\n";
const LONG_ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n\
    0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789";

#[tokio::test]
async fn a_peer_that_drips_is_given_up() {
    let address = dripping(0, Duration::ZERO, LONG_ANSWER, SHORT / 4).await;
    let options = TransportOptions::default().with_least_rate(1000, 4 * SHORT);
    let read = async |options: &TransportOptions| {
        let get = request("GET", &format!("http://{address}/"), &[]);
        let answered = client(options).unwrap().oneshot(get).await.unwrap();
        answered.into_body().read_limited(1000).await
    };
    let error = read(&options).await.unwrap_err();
    assert!(matches!(error, Error::TooSlow { rate: 1000, .. }), "{error:?}");
    assert!(error.is_transient());
    let any = options.with_least_rate(0, SHORT);
    assert_eq!(read(&any).await.unwrap().len(), 100);
}

#[tokio::test]
async fn a_peer_that_stores_a_large_body_has_more_time_to_answer() {
    const SIZE: usize = 1024 * 1024;
    let address = dripping(SIZE, 8 * SHORT, SHORT_ANSWER, Duration::ZERO).await;
    let put = |options: &TransportOptions| {
        let mut put = request("PUT", &format!("http://{address}/"), &[]);
        *put.body_mut() = Bytes::from(vec![0; SIZE]).into();
        client(options).unwrap().oneshot(put)
    };
    let slow = TransportOptions::default()
        .with_head_timeout(SHORT)
        .with_commit_rate(SIZE as u64 / 2);
    assert_eq!(put(&slow).await.unwrap().status(), 201);
    let none = slow.clone().with_commit_rate(0);
    let error = put(&none).await.unwrap_err();
    assert_eq!(phase(&error), Some(Phase::Head), "{error:?}");

    let address = dripping(0, 8 * SHORT, SHORT_ANSWER, Duration::ZERO).await;
    let mut close = request("PUT", &format!("http://{address}/"), &[]);
    close
        .extensions_mut()
        .insert(oras_transport::Commits(SIZE as u64));
    let answered = client(&slow).unwrap().oneshot(close).await.unwrap();
    assert_eq!(answered.status(), 201);
}

/// Asks `url`, whose peer says nothing, and expects to be told once that the client is waiting.
async fn is_reported_once(url: &str, said: &str) {
    let (told, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let options = TransportOptions::default()
        .with_connect_timeout(8 * SHORT)
        .with_on_waiting(SHORT, move |waiting| told.send(waiting.to_string()).unwrap());
    let get = request("GET", url, &[]);
    let _ = client(&options).unwrap().oneshot(get).await;
    assert_eq!(heard.recv().await.unwrap(), format!("{said} {url}"));
    assert!(heard.try_recv().is_err());
}

#[tokio::test]
async fn a_silent_peer_is_reported_once_before_it_is_given_up() {
    let mute = dripping(0, 8 * SHORT, SHORT_ANSWER, Duration::ZERO).await;
    is_reported_once(&format!("http://{mute}"), "waiting for an answer from").await;
}

#[cfg(feature = "tls")]
#[tokio::test]
async fn a_silent_handshake_is_reported_once_before_it_is_given_up() {
    let no_handshake = deaf().await;
    let url = format!("https://{no_handshake}");
    is_reported_once(&url, "waiting for a connection to").await;
}

#[tokio::test]
async fn a_body_that_stops_is_reported_once_and_given_up() {
    let address = dripping(0, Duration::ZERO, LONG_ANSWER, 20 * SHORT).await;
    let (told, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let options = TransportOptions::default()
        .with_idle_timeout(4 * SHORT)
        .with_on_waiting(SHORT, move |waiting| told.send(waiting.to_string()).unwrap());
    let get = request("GET", &format!("http://{address}/"), &[]);
    let answered = client(&options).unwrap().oneshot(get).await.unwrap();
    let error = answered.into_body().read_limited(1000).await.unwrap_err();
    assert_eq!(phase(&error), Some(Phase::Receive), "{error:?}");
    let said = heard.recv().await.unwrap();
    assert_eq!(said, format!("waiting for more from http://{address}"));
    assert!(heard.try_recv().is_err());
}

/// What the socket's own buffers hold counts as taken; the rest has to move in time.
#[tokio::test]
async fn a_peer_that_takes_a_body_byte_by_byte_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        while socket.read_u8().await.is_ok() {
            tokio::time::sleep(SHORT / 4).await;
        }
    });
    let options = TransportOptions::default().with_idle_timeout(2 * SHORT);
    let endless = futures_util::stream::repeat_with(|| Ok(Bytes::from_static(&[0; 64 * 1024])));
    let mut put = request("PUT", &format!("http://{address}/"), &[]);
    *put.body_mut() = Body::once(None, endless.boxed());
    let error = client(&options).unwrap().oneshot(put).await.unwrap_err();
    assert_eq!(phase(&error), Some(Phase::Send), "{error:?}");
}
