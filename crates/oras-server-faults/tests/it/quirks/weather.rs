//! What can happen to any request.

use oras_server_faults::Quirk;

use super::open;
use crate::client::raw;
use crate::setup::Registry;

async fn statuses(registry: &Registry) -> Vec<u16> {
    let mut statuses = Vec::new();
    for _ in 0..6 {
        statuses.push(registry.get("/v2/").await.status);
    }
    statuses
}

#[tokio::test]
async fn every_third_request_is_turned_away() {
    for (quirk, status) in [
        (Quirk::Throttled, 429),
        (Quirk::ThrottledUnavailable, 503),
        (Quirk::FlakyClientGone, 499),
        (Quirk::FlakyUnknown, 520),
    ] {
        let registry = open([quirk]).await;
        assert_eq!(
            statuses(&registry).await,
            [200, 200, status, 200, 200, status],
            "{quirk}"
        );
        let entries = registry.server.journal().entries();
        assert!(
            entries
                .iter()
                .all(|entry| !entry.response_headers.contains_key("retry-after"))
        );
    }
}

#[tokio::test]
async fn a_cookie_is_set_and_then_refused() {
    let registry = open([Quirk::Cookie]).await;
    let got = registry.get("/v2/").await.expect(200);
    let cookie = got
        .header("set-cookie")
        .unwrap()
        .split(';')
        .next()
        .unwrap()
        .to_owned();
    registry
        .call("GET", "/v2/")
        .header("cookie", &cookie)
        .send()
        .await
        .expect_error(403, "DENIED");
}

#[tokio::test]
async fn a_server_that_is_no_registry_says_yes() {
    let registry = open([Quirk::YesToEverything]).await;
    let manifest = crate::setup::image(b"layer");
    let put = registry.put_manifest("a", "v1", &manifest).await.expect(200);
    assert_eq!(put.header("content-type"), Some("text/html; charset=utf-8"));
    registry.get("/anything").await.expect(200);
}

#[tokio::test]
async fn errors_are_pages() {
    let registry = open([Quirk::HtmlErrors]).await;
    let got = registry.get("/v2/a/manifests/v1").await.expect(404);
    assert_eq!(got.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(got.body.starts_with(b"<!doctype html>"));
    let head = registry
        .call("HEAD", "/v2/a/manifests/v1")
        .send()
        .await
        .expect(404);
    assert!(head.body.is_empty());
    registry.get("/v2/").await.expect(200);
}

#[tokio::test]
async fn every_second_upload_is_refused_with_its_connection() {
    let registry = open([Quirk::UploadsRefused]).await;
    let session = registry.open_upload("a").await;
    let request =
        format!("PATCH {session} HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello");
    assert_eq!(raw(registry.server.addr(), &request).await, "");
    let answer = raw(registry.server.addr(), &request).await;
    assert!(
        answer.starts_with("HTTP/1.1 202") && answer.contains("range: 0-4"),
        "{answer}"
    );
}
