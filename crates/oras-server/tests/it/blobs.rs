//! Blobs: reading them whole and in part, and deleting them.

use oras_content::Digest;

use crate::on_every_backend;
use crate::setup::{Kind, start};

on_every_backend!(
    a_blob_comes_back_as_it_was,
    every_form_of_a_range_is_answered,
    ranges_that_are_not_there_are_416_with_the_size,
    ranges_that_need_not_be_followed_give_everything,
    a_client_that_has_it_is_told_so,
    what_is_not_there_is_404,
    a_deleted_blob_is_gone,
    an_empty_blob_is_a_blob,
);

const CONTENT: &[u8] = b"0123456789";

async fn a_blob_comes_back_as_it_was(kind: Kind) {
    let registry = start(kind).await;
    let digest = registry.push_blob("a/b", CONTENT).await;
    let got = registry.get(format!("/v2/a/b/blobs/{digest}")).await.expect(200);
    assert_eq!(got.body, CONTENT);
    assert_eq!(got.header("content-length"), Some("10"));
    assert_eq!(got.header("content-type"), Some("application/octet-stream"));
    assert_eq!(got.header("docker-content-digest"), Some(digest.as_str()));
    assert_eq!(got.header("etag"), Some(format!("\"{digest}\"").as_str()));
    assert_eq!(got.header("accept-ranges"), Some("bytes"));
}

async fn every_form_of_a_range_is_answered(kind: Kind) {
    let registry = start(kind).await;
    let digest = registry.push_blob("a", CONTENT).await;
    for (range, answer, part) in [
        ("bytes=0-0", "bytes 0-0/10", "0"),
        ("bytes=2-5", "bytes 2-5/10", "2345"),
        ("bytes=7-", "bytes 7-9/10", "789"),
        ("bytes=-4", "bytes 6-9/10", "6789"),
        ("bytes=-99", "bytes 0-9/10", "0123456789"),
        ("bytes=8-99", "bytes 8-9/10", "89"),
    ] {
        let path = format!("/v2/a/blobs/{digest}");
        let got = registry
            .call("GET", &path)
            .header("range", range)
            .send()
            .await
            .expect(206);
        assert_eq!(got.header("content-range"), Some(answer), "{range}");
        assert_eq!(
            got.header("content-length"),
            Some(part.len().to_string().as_str()),
            "{range}"
        );
        assert_eq!(got.body, part, "{range}");
    }
}

async fn ranges_that_are_not_there_are_416_with_the_size(kind: Kind) {
    let registry = start(kind).await;
    let digest = registry.push_blob("a", CONTENT).await;
    for range in ["bytes=10-", "bytes=10-12", "bytes=5-2", "bytes=-0"] {
        let path = format!("/v2/a/blobs/{digest}");
        let got = registry.call("GET", &path).header("range", range).send().await;
        let got = got.expect_error(416, "RANGE_INVALID");
        assert_eq!(got.header("content-range"), Some("bytes */10"), "{range}");
    }
}

async fn ranges_that_need_not_be_followed_give_everything(kind: Kind) {
    let registry = start(kind).await;
    let digest = registry.push_blob("a", CONTENT).await;
    let path = format!("/v2/a/blobs/{digest}");
    for range in ["bytes=0-1,x-y", "lines=0-1", "bytes=x-y", "bytes"] {
        let got = registry
            .call("GET", &path)
            .header("range", range)
            .send()
            .await
            .expect(200);
        assert_eq!(got.body, CONTENT, "{range}");
    }
    let other = registry
        .call("GET", &path)
        .header("range", "bytes=1-2")
        .header("if-range", "\"other\"");
    other.send().await.expect(200);
    let same = registry.call("GET", &path).header("range", "bytes=1-2");
    same.header("if-range", format!("\"{digest}\""))
        .send()
        .await
        .expect(206);
}

async fn a_client_that_has_it_is_told_so(kind: Kind) {
    let registry = start(kind).await;
    let digest = registry.push_blob("a", CONTENT).await;
    let path = format!("/v2/a/blobs/{digest}");
    let ask = |tag: String| registry.call("GET", &path).header("if-none-match", tag).send();
    assert_eq!(ask(format!("\"x\", \"{digest}\"")).await.expect(304).body, "");
    ask("\"x\"".into()).await.expect(200);
}

async fn what_is_not_there_is_404(kind: Kind) {
    let registry = start(kind).await;
    let digest = Digest::sha256(CONTENT);
    let path = format!("/v2/a/blobs/{digest}");
    registry.get(&path).await.expect_error(404, "NAME_UNKNOWN");
    registry.push_blob("a", b"other").await;
    registry.get(&path).await.expect_error(404, "BLOB_UNKNOWN");
    registry
        .call("DELETE", &path)
        .send()
        .await
        .expect_error(404, "BLOB_UNKNOWN");
    let unverifiable = "/v2/a/blobs/sha256+b64u:LCa0a2j_xo_5m0U8HTBBNBNCLXBkg7-g";
    registry.get(unverifiable).await.expect_error(404, "BLOB_UNKNOWN");
}

async fn a_deleted_blob_is_gone(kind: Kind) {
    let registry = start(kind).await;
    let digest = registry.push_blob("a", CONTENT).await;
    let path = format!("/v2/a/blobs/{digest}");
    registry.call("DELETE", &path).send().await.expect(202);
    registry.get(&path).await.expect_error(404, "BLOB_UNKNOWN");
    assert_eq!(registry.push_blob("a", CONTENT).await, digest);
    registry.get(&path).await.expect(200);
}

async fn an_empty_blob_is_a_blob(kind: Kind) {
    let registry = start(kind).await;
    let digest = registry.push_blob("a", b"").await;
    let path = format!("/v2/a/blobs/{digest}");
    let got = registry.get(&path).await.expect(200);
    assert_eq!((got.header("content-length"), &*got.body), (Some("0"), &b""[..]));
    let part = registry
        .call("GET", &path)
        .header("range", "bytes=0-")
        .send()
        .await;
    part.expect_error(416, "RANGE_INVALID");
}
