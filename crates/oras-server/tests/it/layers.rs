//! Layers and wires: what may stand before a registry, without one that misbehaves.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::task::{Context, Poll, ready};

use hyper::{Response, StatusCode};
use oras_content::Digest;
use oras_server::{
    Answering, Asked, Body, Layer, Next, Permission, Progress, RequestPath, Right, Server, ServerOptions,
    User, Users, Wire,
};
use tokio::io::AsyncWrite;

use crate::access::basic;
use crate::client::{Call, call, raw};

/// A layer that is one function.
#[derive(Debug)]
struct By(fn(Asked, Next) -> Answering);

impl Layer for By {
    fn call(&self, asked: Asked, next: Next) -> Answering {
        (self.0)(asked, next)
    }
}

async fn behind(options: ServerOptions, layer: fn(Asked, Next) -> Answering) -> Server {
    let options = options.with_layer(Arc::new(By(layer)));
    Server::start(options).await.unwrap()
}

fn get(server: &Server, path: &str) -> Call {
    call(server.addr(), "GET", path)
}

#[tokio::test]
async fn a_layer_may_answer_what_the_registry_is_never_asked() {
    let server = behind(ServerOptions::default(), |asked, next| {
        Box::pin(async move {
            if RequestPath::of(&asked.head.uri).repository() != Some("a") {
                return Ok(next.handle(asked).await);
            }
            let mut answer = Response::new(Body::from("short and stout"));
            *answer.status_mut() = StatusCode::IM_A_TEAPOT;
            Ok(Next::finish(answer, asked.head.method == "HEAD"))
        })
    })
    .await;
    get(&server, "/v2/").send().await.expect(200);
    let got = get(&server, "/v2/a/tags/list").send().await.expect(418);
    assert_eq!(
        got.header("docker-distribution-api-version"),
        Some("registry/2.0")
    );
    assert_eq!(got.body, "short and stout");
    let head = call(server.addr(), "HEAD", "/v2/a/tags/list")
        .send()
        .await
        .expect(418);
    assert_eq!((head.header("content-length"), head.body.len()), (Some("15"), 0));
}

#[tokio::test]
async fn a_layer_says_by_which_right_a_request_is_made() {
    let users = Users::new()
        .with_user(User::new("ann", "pw"))
        .with_anonymous(Permission::None);
    let server = behind(ServerOptions::default().with_users(users), |mut asked, next| {
        asked.right = match asked.head.uri.query() {
            Some("granted") => Right::Granted,
            Some("refused") => Right::Refused,
            _ => asked.right,
        };
        Box::pin(async move { Ok(next.handle(asked).await) })
    })
    .await;
    for (path, as_nobody, as_ann) in [
        ("/v2/", 401, 200),
        ("/v2/?granted", 200, 200),
        ("/v2/?refused", 401, 401),
    ] {
        get(&server, path).send().await.expect(as_nobody);
        let login = get(&server, path).header("authorization", basic("ann:pw"));
        login.send().await.expect(as_ann);
    }
}

#[tokio::test]
async fn a_layer_sees_and_changes_what_is_received() {
    static RECEIVED: AtomicUsize = AtomicUsize::new(0);
    let server = behind(ServerOptions::default(), |mut asked, next| {
        asked.body.observe(|len| {
            RECEIVED.fetch_add(len, Relaxed);
        });
        asked.body.keep(5);
        asked.head.headers.remove("content-length");
        Box::pin(async move { Ok(next.handle(asked).await) })
    })
    .await;
    let path = format!("/v2/a/blobs/uploads/?digest={}", Digest::sha256(b"hello"));
    let post = call(server.addr(), "POST", &path).body("hello, world");
    post.send().await.expect(201);
    assert_eq!(RECEIVED.load(Relaxed), 12);
}

#[tokio::test]
async fn a_layer_ends_uploads_and_requests() {
    let server = behind(ServerOptions::default(), |asked, next| {
        Box::pin(async move {
            match asked.head.uri.query() {
                Some("forget") => {
                    let path = RequestPath::of(&asked.head.uri);
                    next.forget_upload(path.upload().unwrap());
                    Ok(next.handle(asked).await)
                }
                Some("break") => Err("there is no answer".into()),
                _ => Ok(next.handle(asked).await),
            }
        })
    })
    .await;
    let opened = call(server.addr(), "POST", "/v2/a/blobs/uploads/").send().await;
    let session = opened.expect(202).location();
    get(&server, &session).send().await.expect(204);
    get(&server, &format!("{session}?forget"))
        .send()
        .await
        .expect(404);
    get(&server, "/v2/?break").try_send().await.unwrap_err();
}

/// Writes the first bytes in capitals, and ends the connection after them.
#[derive(Debug, Default)]
struct Loud {
    held: Vec<u8>,
    sent: u64,
}

const LOUD: u64 = 12;

impl Wire for Loud {
    fn sent(&self) -> u64 {
        self.sent
    }

    fn poll_take(
        &mut self,
        cx: &mut Context<'_>,
        stream: &mut (dyn AsyncWrite + Send + Unpin),
        bytes: &[u8],
    ) -> Poll<io::Result<Progress>> {
        let progress = ready!(self.poll_drain(cx, stream))?;
        self.held.extend(bytes.to_ascii_uppercase());
        Poll::Ready(Ok(progress))
    }

    fn poll_drain(
        &mut self,
        cx: &mut Context<'_>,
        stream: &mut (dyn AsyncWrite + Send + Unpin),
    ) -> Poll<io::Result<Progress>> {
        while !self.held.is_empty() && self.sent < LOUD {
            let written = ready!(Pin::new(&mut *stream).poll_write(cx, &self.held[..1]))?;
            self.held.drain(..written);
            self.sent += written as u64;
        }
        Poll::Ready(Ok(match self.sent {
            LOUD => Progress::Cut { with_reset: false },
            _ => Progress::Done,
        }))
    }
}

#[tokio::test]
async fn a_wire_takes_over_what_is_written() {
    let server = behind(ServerOptions::default(), |asked, next| {
        if asked.head.uri.path() == "/v2/x" {
            next.connection().rewire(Box::new(Loud::default()));
        }
        Box::pin(async move { Ok(next.handle(asked).await) })
    })
    .await;
    let ask = |path: &str| {
        let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        raw(server.addr(), request)
    };
    assert_eq!(ask("/v2/x").await, "HTTP/1.1 404");
    assert!(ask("/v2/").await.ends_with("\r\n\r\n{}"));
}
