//! Lists of tags and repositories.

use oras_server_faults::Quirk;
use serde_json::json;

use super::open;
use crate::setup::Registry;

async fn with_tags(quirk: Quirk, tags: &[&str]) -> Registry {
    let registry = open([quirk]).await;
    let manifest = registry.image("a", b"layer").await;
    for tag in tags {
        registry.put_manifest("a", tag, &manifest).await.expect(201);
    }
    registry
}

async fn tags(quirk: Quirk, tags: &[&str]) -> serde_json::Value {
    let registry = with_tags(quirk, tags).await;
    registry.get("/v2/a/tags/list").await.expect(200).json()
}

#[tokio::test]
async fn tags_can_be_odd() {
    assert!(tags(Quirk::TagsNull, &[]).await["tags"].is_null());
    assert_eq!(tags(Quirk::TagsNull, &["v1"]).await["tags"], json!(["v1"]));
    assert_eq!(
        tags(Quirk::TagsWithNull, &["v1"]).await["tags"],
        json!([null, "v1"])
    );
    let with_digest = tags(Quirk::TagsWithDigests, &["v1"]).await;
    assert_eq!(with_digest["tags"][0], "v1");
    assert!(with_digest["tags"][1].as_str().unwrap().starts_with("sha256:"));
    let extra = tags(Quirk::TagsExtraKeys, &["v1"]).await;
    assert!(extra["manifest"].is_object() && extra["child"].is_array() && extra["tags"][0] == "v1");
}

#[tokio::test]
async fn only_the_link_can_lead_on() {
    let registry = with_tags(Quirk::OpaqueCursor, &["v1", "v2", "v3"]).await;
    let mut path = "/v2/a/tags/list?n=2".to_owned();
    let first = registry.get(&path).await.expect(200);
    assert_eq!(first.json()["tags"], json!(["v1", "v2"]));
    let link = first.header("link").unwrap();
    assert!(!link.contains("last=") && link.contains("next_page="), "{link}");
    path = link.split(['<', '>']).nth(1).unwrap().to_owned();
    let second = registry.get(&path).await.expect(200);
    assert_eq!(
        (second.json()["tags"].clone(), second.header("link")),
        (json!(["v3"]), None)
    );
    registry.get("/v2/a/tags/list?n=2&last=v2").await.expect(405);
}

#[tokio::test]
async fn paging_can_be_ignored() {
    let registry = with_tags(Quirk::NoPaging, &["v1", "v2", "v3"]).await;
    let got = registry.get("/v2/a/tags/list?n=1&last=v1").await.expect(200);
    assert_eq!(
        (got.json()["tags"].clone(), got.header("link")),
        (json!(["v1", "v2", "v3"]), None)
    );
}

#[tokio::test]
async fn a_page_can_be_limited() {
    let registry = with_tags(Quirk::PageLimit1000, &["v1"]).await;
    registry.get("/v2/a/tags/list?n=1000").await.expect(200);
    let got = registry.get("/v2/a/tags/list?n=1001").await;
    got.expect_error(400, "PAGINATION_NUMBER_INVALID");
}

#[tokio::test]
async fn a_link_can_lack_its_brackets() {
    let registry = with_tags(Quirk::LinkWithoutBrackets, &["v1", "v2"]).await;
    let got = registry.get("/v2/a/tags/list?n=1").await.expect(200);
    assert_eq!(
        got.header("link"),
        Some("/v2/a/tags/list?last=v1&n=1; rel=\"next\"")
    );
}

#[tokio::test]
async fn the_catalog_can_be_closed() {
    for (quirk, status) in [
        (Quirk::CatalogUnauthorized, 401),
        (Quirk::CatalogForbidden, 403),
        (Quirk::CatalogMissing, 404),
    ] {
        let registry = open([quirk]).await;
        registry.get("/v2/_catalog").await.expect(status);
        registry.get("/v2/").await.expect(200);
    }
}
