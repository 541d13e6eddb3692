//! Redirects, and what the second origin gets to see.

use std::time::Duration;

use hyper::Method;
use oras_content::Digest;
use oras_server::{Route, ServerOptions, User, Users};
use oras_server_faults::{Fault, Redirect, To};

use crate::client::{Call, Reply, call};
use crate::on_every_backend;
use crate::setup::{Kind, Registry, start_with};

on_every_backend!(
    content_is_at_the_second_origin,
    an_address_to_read_is_good_for_nothing_else,
    the_second_origin_takes_no_credentials,
    nothing_else_is_at_the_second_origin,
    an_address_can_be_used_up,
    an_address_can_expire,
    a_redirect_can_take_several_hops,
    a_redirect_can_lead_to_itself_or_nowhere,
    a_redirect_can_stay_at_the_registry,
    an_upload_can_be_redirected,
    a_list_can_link_to_another_origin,
    a_fault_can_wait_where_a_redirect_leads,
);

const BASIC: &str = "Basic YW5uOnNlY3JldA==";

async fn start(kind: Kind) -> Registry {
    let users = Users::new().with_user(User::new("ann", "secret"));
    start_with(
        kind,
        ServerOptions::default()
            .with_users(users)
            .with_second_origin(true),
    )
    .await
}

async fn push(registry: &Registry, content: &[u8]) -> String {
    let digest = Digest::sha256(content);
    let path = format!("/v2/a/blobs/uploads/?digest={digest}");
    let post = registry
        .call("POST", path)
        .header("authorization", BASIC)
        .body(content.to_vec());
    post.send().await.expect(201);
    format!("/v2/a/blobs/{digest}")
}

/// Asks with a password, and is sent elsewhere.
async fn sent(registry: &Registry, path: &str) -> Reply {
    registry
        .call("GET", path)
        .header("authorization", BASIC)
        .send()
        .await
}

/// Asks for a blob with a password, and is sent where `redirect` says, with status 307.
async fn sent_elsewhere(registry: &Registry, path: &str, redirect: Redirect) -> String {
    registry
        .server
        .inject(Fault::redirect(redirect).on_route(Route::Blob));
    sent(registry, path).await.expect(307).location()
}

/// A request to an absolute address.
fn follow(method: &str, url: &str) -> Call {
    let rest = url.strip_prefix("http://").unwrap();
    let (host, path) = rest.split_once('/').unwrap();
    call(host.parse().unwrap(), method, &format!("/{path}"))
}

#[tokio::test]
async fn who_is_at_every_address_sends_clients_to_the_one_they_know() {
    let options = ServerOptions::default()
        .with_addr("0.0.0.0:0".parse().unwrap())
        .with_second_origin(true);
    let registry = start_with(Kind::Memory, options).await;
    let digest = registry.push_blob("a", b"hello").await;
    let port = registry.server.second_origin().unwrap().addr().port();
    registry
        .server
        .inject(Fault::redirect(Redirect::new(307, To::SecondOrigin).with_hops(2)).on_route(Route::Blob));
    let addr = format!("127.0.0.1:{}", registry.server.addr().port());
    let path = format!("/v2/a/blobs/{digest}");
    let sent = call(addr.parse().unwrap(), "GET", &path).send().await;
    let mut url = sent.expect(307).location();
    for status in [307, 200] {
        let root = format!("http://127.0.0.1:{port}/storage/");
        assert!(url.starts_with(&root), "{url}");
        let reply = follow("GET", &url).send().await.expect(status);
        url = reply.header("location").unwrap_or_default().to_owned();
    }
}

async fn content_is_at_the_second_origin(kind: Kind) {
    let registry = start(kind).await;
    let path = push(&registry, b"hello").await;
    let second = registry.server.second_origin().unwrap();
    for status in [301, 302, 303, 307, 308] {
        registry
            .server
            .inject(Fault::redirect(Redirect::new(status, To::SecondOrigin)).on_route(Route::Blob));
        let url = sent(&registry, &path).await.expect(status).location();
        assert!(url.starts_with(&format!("{}/storage/", second.url())), "{url}");
        assert_eq!(follow("GET", &url).send().await.expect(200).body, "hello");
    }
    let entries = second.journal().entries();
    assert_eq!(entries.len(), 5);
    assert!(
        entries
            .iter()
            .all(|entry| entry.route == Route::Blob && entry.path.starts_with("/storage/"))
    );
    assert_eq!(registry.server.journal().requests(), 6);
}

async fn an_address_to_read_is_good_for_nothing_else(kind: Kind) {
    let registry = start(kind).await;
    let path = push(&registry, b"hello").await;
    let url = sent_elsewhere(&registry, &path, Redirect::new(307, To::SecondOrigin)).await;
    for method in ["DELETE", "PUT", "POST"] {
        follow(method, &url).send().await.expect(403);
    }
    assert_eq!(follow("GET", &url).send().await.expect(200).body, "hello");
}

async fn the_second_origin_takes_no_credentials(kind: Kind) {
    let registry = start(kind).await;
    let path = push(&registry, b"hello").await;
    let url = sent_elsewhere(&registry, &path, Redirect::new(307, To::SecondOrigin)).await;
    follow("GET", &url)
        .header("authorization", BASIC)
        .send()
        .await
        .expect(400);
    let journal = registry.server.second_origin().unwrap().journal();
    assert_eq!(journal.entries()[0].request_headers["authorization"], BASIC);
}

async fn nothing_else_is_at_the_second_origin(kind: Kind) {
    let registry = start(kind).await;
    let path = push(&registry, b"hello").await;
    let second = registry.server.second_origin().unwrap().url();
    for path in [path.as_str(), "/v2/", "/v2/_catalog"] {
        let got = follow("GET", &format!("{second}{path}"))
            .header("authorization", BASIC)
            .send()
            .await;
        got.expect(404);
    }
    follow("GET", &format!("{second}/storage/0123"))
        .send()
        .await
        .expect(403);
}

async fn an_address_can_be_used_up(kind: Kind) {
    let registry = start(kind).await;
    let path = push(&registry, b"hello").await;
    let redirect = Redirect::new(307, To::SecondOrigin).with_uses(2);
    let url = sent_elsewhere(&registry, &path, redirect).await;
    for status in [200, 200, 403, 403] {
        follow("GET", &url).send().await.expect(status);
    }
}

async fn an_address_can_expire(kind: Kind) {
    let registry = start(kind).await;
    let path = push(&registry, b"hello").await;
    let redirect = Redirect::new(307, To::SecondOrigin).with_lifetime(Duration::ZERO);
    let url = sent_elsewhere(&registry, &path, redirect).await;
    follow("GET", &url).send().await.expect(403);
}

async fn a_redirect_can_take_several_hops(kind: Kind) {
    let registry = start(kind).await;
    let path = push(&registry, b"hello").await;
    let redirect = Redirect::new(302, To::SecondOrigin).with_hops(3);
    registry
        .server
        .inject(Fault::redirect(redirect).on_route(Route::Blob));
    let mut url = sent(&registry, &path).await.expect(302).location();
    for _ in 0..2 {
        url = follow("GET", &url).send().await.expect(302).location();
    }
    assert_eq!(follow("GET", &url).send().await.expect(200).body, "hello");
}

async fn a_redirect_can_lead_to_itself_or_nowhere(kind: Kind) {
    let registry = start(kind).await;
    let path = push(&registry, b"hello").await;
    registry
        .server
        .inject(Fault::redirect(Redirect::new(307, To::Itself)).on_route(Route::Blob));
    assert_eq!(sent(&registry, &path).await.expect(307).location(), path);
    registry
        .server
        .inject(Fault::redirect(Redirect::new(307, To::Nowhere)).on_route(Route::Blob));
    assert_eq!(sent(&registry, &path).await.expect(307).header("location"), None);
    let to = To::Url("https://example.com/x".to_owned());
    registry
        .server
        .inject(Fault::redirect(Redirect::new(307, to)).on_route(Route::Blob));
    assert_eq!(
        sent(&registry, &path).await.expect(307).location(),
        "https://example.com/x"
    );
}

async fn a_redirect_can_stay_at_the_registry(kind: Kind) {
    let registry = start(kind).await;
    let path = push(&registry, b"hello").await;
    let url = sent_elsewhere(&registry, &path, Redirect::new(307, To::SameOrigin)).await;
    assert!(url.starts_with(&registry.server.url()), "{url}");
    assert_eq!(
        follow("GET", &url)
            .header("authorization", BASIC)
            .send()
            .await
            .expect(200)
            .body,
        "hello"
    );
}

async fn an_upload_can_be_redirected(kind: Kind) {
    let registry = start(kind).await;
    let redirect = Redirect::new(307, To::SecondOrigin);
    registry
        .server
        .inject(Fault::redirect(redirect).on_method(Method::PUT));
    let post = registry
        .call("POST", "/v2/a/blobs/uploads/")
        .header("authorization", BASIC);
    let session = post.send().await.expect(202).location();
    let digest = Digest::sha256(b"hello");
    let put = registry
        .call("PUT", &session)
        .header("authorization", BASIC)
        .body("hello");
    let url = put.send().await.expect(307).location();
    follow("PUT", &format!("{url}?digest={digest}"))
        .body("hello")
        .send()
        .await
        .expect(201);
    sent(&registry, &format!("/v2/a/blobs/{digest}"))
        .await
        .expect(200);
}

async fn a_list_can_link_to_another_origin(kind: Kind) {
    let registry = start(kind).await;
    push(&registry, b"hello").await;
    registry
        .server
        .inject(Fault::foreign_link().on_route(Route::Tags));
    let page = sent(&registry, "/v2/a/tags/list?n=1").await.expect(200);
    let second = registry.server.second_origin().unwrap().url();
    assert_eq!(
        page.header("link").unwrap(),
        format!("<{second}/v2/a/tags/list?n=1>; rel=\"next\"")
    );
}

async fn a_fault_can_wait_where_a_redirect_leads(kind: Kind) {
    let registry = start(kind).await;
    let path = push(&registry, b"hello").await;
    registry.server.inject(Fault::status(503).on_storage());
    registry.server.inject(
        Fault::redirect(Redirect::new(307, To::SecondOrigin))
            .on_route(Route::Blob)
            .always(),
    );
    let url = sent(&registry, &path).await.expect(307).location();
    follow("GET", &url).send().await.expect(503);
    follow("GET", &url).send().await.expect(200);
}
