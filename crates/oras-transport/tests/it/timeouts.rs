//! What is waited for, and by whom.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use oras_transport::{Attempts, Body, Error, Phase, RetryLayer, RetryOptions, TransportOptions, client};
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
