//! The whole stack over real sockets.

use std::sync::Arc;
use std::sync::Mutex;

use oras_auth::{AuthLayer, AuthOptions, AuthenticatedService, Credential, StaticCredentials};
use oras_transport::{RetryLayer, TraceLayer, TransportOptions, base};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tower::{Layer, ServiceExt};

use crate::double::{ALICE, alice, request};

/// A server that answers by the head of a request, and keeps all heads.
#[derive(Clone)]
struct Server {
    address: String,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Server {
    async fn start(answer: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            address: listener.local_addr().unwrap().to_string(),
            heads: Arc::default(),
        };
        let (answer, heads) = (Arc::new(answer), Arc::clone(&server.heads));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&answer), Arc::clone(&heads)));
            }
        });
        server
    }

    fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

async fn serve(
    stream: TcpStream,
    answer: Arc<impl Fn(&str) -> String + Send + Sync>,
    heads: Arc<Mutex<Vec<String>>>,
) {
    let mut stream = BufReader::new(stream);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            match stream.read_line(&mut head).await {
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            }
        }
        let length = head
            .to_ascii_lowercase()
            .split("content-length: ")
            .nth(1)
            .map_or(0, |rest| rest.split("\r\n").next().unwrap().parse().unwrap());
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await.unwrap();
        heads.lock().unwrap().push(head.to_ascii_lowercase());
        if stream.write_all(answer(&head).as_bytes()).await.is_err() {
            return;
        }
    }
}

fn answer(status: &str, header: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\n{header}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn stack(registry: &str, credential: Credential, options: &TransportOptions) -> AuthenticatedService {
    let auth = AuthLayer::new(
        Arc::new(StaticCredentials::new(registry, credential)),
        AuthOptions::default(),
    );
    let http = auth.layer(base(options).unwrap());
    AuthenticatedService::new(TraceLayer::new().layer(RetryLayer::default().layer(http)))
}

/// S01, S05: another port is another origin, for the registry's redirects; for token servers loopback is trusted.
#[tokio::test]
async fn a_pull_through_all_layers_shows_each_server_what_it_may_see() {
    let storage = Server::start(|_| answer("200 OK", "x-y: z", "blob")).await;
    let tokens = Server::start(|_| answer("200 OK", "x-y: z", r#"{"token":"t"}"#)).await;
    let location = format!("location: http://{}/blob?sig=1", storage.address);
    let field = format!(
        "www-authenticate: Bearer realm=\"http://{}/token\",service=\"s\"",
        tokens.address
    );
    let registry = Server::start(move |head| match head.contains("Bearer t") {
        true => answer("307 Temporary Redirect", &location, ""),
        false => answer("401 Unauthorized", &field, "{}"),
    })
    .await;

    let http = stack(&registry.address, alice().unwrap(), &TransportOptions::default());
    let url = format!("http://{}/v2/a/blobs/x", registry.address);
    let response = http
        .oneshot(request(http::Method::GET, &url, None))
        .await
        .unwrap();
    assert_eq!(response.into_body().read_limited(100).await.unwrap(), "blob");

    assert!(
        storage
            .heads()
            .iter()
            .all(|head| !head.contains("authorization") && !head.contains("referer"))
    );
    assert!(tokens.heads()[0].contains(&ALICE.to_ascii_lowercase()));
    assert!(registry.heads().iter().all(|head| !head.contains("basic ")));
    assert_eq!(
        (
            registry.heads().len(),
            tokens.heads().len(),
            storage.heads().len()
        ),
        (2, 1, 1)
    );
}

/// The refused answer gives its place back before the token is asked for at the same origin.
#[tokio::test]
async fn one_connection_at_a_time_is_enough() {
    let registry = Server::start(
        move |head| match (head.contains("/token"), head.contains("Bearer t")) {
            (true, _) => answer("200 OK", "x-y: z", r#"{"token":"t"}"#),
            (_, true) => answer("200 OK", "x-y: z", "content"),
            (_, false) => answer(
                "401 Unauthorized",
                "www-authenticate: Bearer realm=\"/token\"",
                "{}",
            ),
        },
    )
    .await;
    let options = TransportOptions::default().with_max_in_flight_per_origin(1);
    let http = stack(&registry.address, alice().unwrap(), &options);
    let url = format!("http://{}/v2/a/blobs/x", registry.address);
    let response = http
        .oneshot(request(http::Method::GET, &url, None))
        .await
        .unwrap();
    assert_eq!(response.into_body().read_limited(100).await.unwrap(), "content");
}
