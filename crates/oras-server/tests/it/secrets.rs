//! Secrets: what a registry was told and must not tell.

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper_util::rt::{TokioExecutor, TokioIo};
use oras_server::{RegistryService, ServerOptions, User, Users};
use oras_server_faults::Server;
use tokio::net::TcpStream;

use crate::access::basic;
use crate::log::Log;
use crate::setup::{Kind, start_with};

const PLANTED: &str = "planted-secret";

fn options(tokens: bool) -> ServerOptions {
    let users = Users::new().with_user(User::new("ann", PLANTED));
    ServerOptions::default().with_users(users).with_tokens(tokens)
}

#[track_caller]
fn assert_hidden(text: &str, secrets: &[&str]) {
    for secret in secrets {
        assert!(!text.contains(secret), "{secret} shows: {text}");
    }
}

#[tokio::test]
async fn nothing_that_can_be_printed_shows_a_password() {
    let server = Server::start(options(true)).await.unwrap();
    let hash = "$2b$04$ABCDEFGHIJKLMNOPQRSTUu5Ei5Kj5Gsa0AB1uBn8MIqK1Rhp7zTWC";
    let users = Users::parse_htpasswd(&format!("ann:{hash}")).unwrap();
    for text in [
        format!("{:?}", User::new("ann", PLANTED)),
        format!("{users:?}"),
        format!("{:#?}", options(false)),
        format!("{:#?}", RegistryService::new(options(true))),
        format!("{server:#?}"),
    ] {
        assert_hidden(&text, &[PLANTED, hash, &hash[29..]]);
    }
}

#[tokio::test]
async fn no_log_shows_a_credential() {
    let log = Log::default();
    let _logging = log.start(tracing::Level::TRACE);
    let registry = start_with(Kind::Memory, options(true)).await;
    let login = basic(&format!("ann:{PLANTED}"));
    let stream = TcpStream::connect(registry.server.addr()).await.unwrap();
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
            .await
            .unwrap();
    tokio::spawn(connection);
    let mut bearer = "Bearer wrong-planted-token".to_owned();
    for (path, authorization) in [
        ("/token?service=x", Some(login.clone())),
        ("/v2/", None),
        ("/v2/", None),
    ] {
        let uri = format!("{}{path}", registry.server.url());
        let request = Request::get(uri)
            .header("authorization", authorization.as_ref().unwrap_or(&bearer))
            .body(Full::<Bytes>::default())
            .unwrap();
        let body = sender.send_request(request).await.unwrap().collect().await;
        let document: serde_json::Value = serde_json::from_slice(&body.unwrap().to_bytes()).unwrap();
        if let Some(token) = document["token"].as_str() {
            bearer = format!("Bearer {token}");
        }
    }
    drop(sender);
    let token = bearer.strip_prefix("Bearer ").unwrap().to_owned();
    assert_ne!(token, "wrong-planted-token");
    let text = log.text();
    assert!(text.contains("h2"), "the lowest level is logged");
    let encoded = login.strip_prefix("Basic ").unwrap();
    assert_hidden(&text, &[PLANTED, encoded, &token, "wrong-planted-token"]);
    assert_hidden(&format!("{:#?}", registry.server), &[PLANTED, encoded, &token]);
}
