//! A client over a custom service, with a custom retry policy and headers.

use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::TryStreamExt;
use futures_util::future::BoxFuture;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};
use oras_auth::{AuthOptions, Credential, StaticCredentials};
use oras_content::{Error, StoreExt, TagListOptions, TagLister, WriterExt};
use oras_registry::{Client, ClientOptions};
use oras_server::{Route, ServerOptions, TokenRealm, User, Users};
use oras_server_faults::{Fault, Redirect, Server, To};
use oras_transport::{
    Decision, FailedAttempt, Failure, Origin, Request, Response, ResponseBody, RetryPolicy, TransportOptions,
};
use tower::Service;

use crate::place::{heeding, quick, text};

/// Answers without a socket. Panics if it is called without being polled ready.
struct Memory {
    is_ready: bool,
    urls: Arc<Mutex<Vec<String>>>,
    answer: fn(&Request) -> Response,
}

impl Memory {
    fn new(answer: fn(&Request) -> Response) -> Self {
        Self {
            is_ready: false,
            urls: Arc::default(),
            answer,
        }
    }
}

impl Clone for Memory {
    fn clone(&self) -> Self {
        Self {
            is_ready: false,
            urls: Arc::clone(&self.urls),
            answer: self.answer,
        }
    }
}

impl Service<Request> for Memory {
    type Response = Response;
    type Error = oras_transport::Error;
    type Future = BoxFuture<'static, Result<Response, oras_transport::Error>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.is_ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        assert!(std::mem::take(&mut self.is_ready), "it was not polled ready");
        self.urls.lock().unwrap().push(request.uri().to_string());
        let response = (self.answer)(&request);
        Box::pin(std::future::ready(Ok(response)))
    }
}

fn answer(status: u16, headers: &[(&'static str, &'static str)], body: &'static str) -> Response {
    let mut response = Response::new(ResponseBody::from(body));
    *response.status_mut() = status.try_into().unwrap();
    for (name, value) in headers {
        response
            .headers_mut()
            .insert(*name, HeaderValue::from_static(value));
    }
    response
}

async fn tags(client: &Client, repository: &str) -> Result<Vec<String>, Error> {
    let repository = client.repository(repository).unwrap();
    repository.tags(TagListOptions::default()).try_collect().await
}

/// A registry in memory that requires a token.
fn with_tokens(request: &Request) -> Response {
    const CHALLENGE: &str = "Bearer realm=\"https://reg.example/token\",service=\"reg.example\"";
    match request.uri().path() {
        "/token" => answer(200, &[], r#"{"token":"abc"}"#),
        _ if request.headers().get(AUTHORIZATION).is_none() => {
            answer(401, &[("www-authenticate", CHALLENGE)], "")
        }
        "/v2/app/tags/list" => answer(302, &[("location", "/v2/app/all")], ""),
        "/v2/app/all" => answer(200, &[], r#"{"tags":["v1"]}"#),
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_service_in_memory_is_authenticated_and_redirected_without_a_socket() {
    let memory = Memory::new(with_tokens);
    let urls = Arc::clone(&memory.urls);
    let client = Client::from_service(memory, ClientOptions::default());
    assert_eq!(tags(&client, "reg.example/app").await.unwrap(), ["v1"]);
    let paths: Vec<_> = urls
        .lock()
        .unwrap()
        .iter()
        .map(|url| url.split('?').next().unwrap().to_owned())
        .collect();
    assert_eq!(
        paths,
        [
            "https://reg.example/v2/app/tags/list",
            "https://reg.example/token",
            "https://reg.example/v2/app/tags/list",
            "https://reg.example/v2/app/all",
        ]
    );
}

/// Handles that report to the same place report each warning once.
#[tokio::test]
async fn a_warning_is_told_once_for_all_handles_of_a_client() {
    let (registry, told) = heeding();
    let memory = Memory::new(|_| answer(200, &[("warning", "299 - \"soon gone\"")], r#"{"tags":[]}"#));
    let client = Client::from_service(memory, ClientOptions::default().with_registry(registry));
    for repository in ["reg.example/one", "reg.example/two", "other.example/one"] {
        tags(&client, repository).await.unwrap();
    }
    assert_eq!(*told.lock().unwrap(), ["soon gone", "soon gone"]);
}

/// Three attempts, an hour apart.
#[derive(Debug)]
struct Hourly;

impl RetryPolicy for Hourly {
    fn decide(&self, attempt: &FailedAttempt<'_>) -> Decision {
        match attempt.failure {
            Failure::Status(status) if status == 418 && attempt.number < 3 => {
                Decision::WaitFor(Duration::from_secs(3600))
            }
            _ => Decision::Stop,
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_repeats_as_the_policy_of_its_caller_says() {
    for (status, sent, hours) in [(418, 3, 2), (503, 1, 0)] {
        let memory = match status {
            418 => Memory::new(|_| answer(418, &[], "")),
            _ => Memory::new(|_| answer(503, &[], "")),
        };
        let urls = Arc::clone(&memory.urls);
        let policy: Arc<dyn RetryPolicy> = Arc::new(Hourly);
        let client = Client::from_service(memory, ClientOptions::default().with_retry(policy));
        let start = tokio::time::Instant::now();
        assert!(tags(&client, "reg.example/app").await.is_err());
        assert_eq!(urls.lock().unwrap().len(), sent, "{status}");
        assert_eq!(start.elapsed(), Duration::from_secs(hours * 3600), "{status}");
    }
}

/// The registry redirects reads of blobs to a second listener, which also issues the tokens.
#[tokio::test]
async fn headers_of_the_caller_go_to_the_registry_and_not_to_its_token_server_or_storage() {
    let options = ServerOptions::default()
        .with_users(Users::new().with_user(User::new("ann", "open sesame")))
        .with_tokens(true)
        .with_token_realm(TokenRealm::SecondOrigin);
    let server = Server::start(options).await.unwrap();
    let second = server.second_origin().unwrap();
    let credential = Credential::basic("ann", "open sesame").unwrap();
    let origin: Origin = server.url().parse().unwrap();
    let transport = TransportOptions::default().with_headers(origin, |_: &Origin| {
        let mut headers = HeaderMap::new();
        headers.insert("x-tenant", HeaderValue::from_static("blue"));
        headers
    });
    let options = ClientOptions::default()
        .with_retry(quick())
        .with_transport(transport)
        .with_auth(AuthOptions::default())
        .with_credentials(Arc::new(StaticCredentials::new(server.registry(), credential)));
    let client = Client::new(options).unwrap();
    let app = client.repository(&format!("{}/app", server.registry())).unwrap();
    let blob = app.push_bytes(text(), "hello").await.unwrap();
    let redirect = Fault::redirect(Redirect::new(307, To::SecondOrigin)).on_route(Route::Blob);
    server.inject(redirect.always());
    assert_eq!(app.fetch_all(&blob, 1024).await.unwrap().bytes(), "hello");

    let (own, other) = (server.journal().entries(), second.journal().entries());
    assert!(
        own.len() > 2
            && own
                .iter()
                .all(|entry| entry.request_headers["x-tenant"] == "blue")
    );
    let routes: Vec<_> = other.iter().map(|entry| entry.route).collect();
    assert!(
        routes.contains(&Route::Token) && routes.contains(&Route::Blob),
        "{routes:?}"
    );
    assert!(
        other
            .iter()
            .all(|entry| !entry.request_headers.contains_key("x-tenant"))
    );
}
