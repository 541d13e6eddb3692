//! Several ranges in one request, and ranges of manifests.

use crate::client::Reply;
use crate::on_every_backend;
use crate::setup::{Kind, Registry, start};

on_every_backend!(
    several_ranges_come_in_the_order_asked,
    only_the_ranges_that_are_there_come,
    a_single_range_that_is_left_is_no_multipart,
    none_that_is_there_is_416,
    too_many_or_too_long_ranges_give_everything,
    head_announces_what_get_sends,
    large_parts_are_streamed_exactly,
    a_manifest_is_read_in_parts_too,
);

const CONTENT: &[u8] = b"0123456789";

async fn ask(registry: &Registry, method: &str, path: &str, range: &str) -> Reply {
    registry.call(method, path).header("range", range).send().await
}

async fn blob(registry: &Registry) -> String {
    let digest = registry.push_blob("a", CONTENT).await;
    format!("/v2/a/blobs/{digest}")
}

/// The parts of a multipart answer as `Content-Range` and bytes, read strictly by RFC 2046.
#[track_caller]
fn parts(reply: &Reply, media_type: &str) -> Vec<(String, Vec<u8>)> {
    let announced = reply.header("content-length").unwrap();
    assert_eq!(announced, reply.body.len().to_string());
    assert_eq!(reply.header("content-range"), None);
    let content_type = reply.header("content-type").unwrap();
    let boundary = content_type
        .strip_prefix("multipart/byteranges; boundary=")
        .unwrap();
    let mut rest = reply
        .body
        .strip_prefix(format!("--{boundary}").as_bytes())
        .unwrap();
    let delimiter = format!("\r\n--{boundary}");
    let mut found = Vec::new();
    while rest != b"--\r\n" {
        let end = position(rest, delimiter.as_bytes()).unwrap();
        let (part, after) = (&rest[..end], &rest[end + delimiter.len()..]);
        let head_end = position(part, b"\r\n\r\n").unwrap();
        let head = std::str::from_utf8(&part[..head_end]).unwrap();
        let prefix = format!("\r\nContent-Type: {media_type}\r\nContent-Range: ");
        let range = head.strip_prefix(&prefix).unwrap();
        found.push((range.to_owned(), part[head_end + 4..].to_vec()));
        rest = after;
    }
    found
}

fn position(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

fn part(range: &str, bytes: &str) -> (String, Vec<u8>) {
    (range.to_owned(), bytes.as_bytes().to_vec())
}

async fn several_ranges_come_in_the_order_asked(kind: Kind) {
    let registry = start(kind).await;
    let path = blob(&registry).await;
    let got = ask(&registry, "GET", &path, "bytes=7-8, 0-1,,-1")
        .await
        .expect(206);
    assert_eq!(
        parts(&got, "application/octet-stream"),
        [
            part("bytes 7-8/10", "78"),
            part("bytes 0-1/10", "01"),
            part("bytes 9-9/10", "9"),
        ]
    );
    assert_eq!(got.header("accept-ranges"), Some("bytes"));
    assert!(path.ends_with(got.header("docker-content-digest").unwrap()));
    let overlapping = ask(&registry, "GET", &path, "bytes=2-4,3-5").await.expect(206);
    assert_eq!(
        parts(&overlapping, "application/octet-stream"),
        [part("bytes 2-4/10", "234"), part("bytes 3-5/10", "345")]
    );
}

async fn only_the_ranges_that_are_there_come(kind: Kind) {
    let registry = start(kind).await;
    let path = blob(&registry).await;
    let got = ask(&registry, "GET", &path, "bytes=20-30,8-99,5-2,0-0").await;
    assert_eq!(
        parts(&got.expect(206), "application/octet-stream"),
        [part("bytes 8-9/10", "89"), part("bytes 0-0/10", "0")]
    );
}

async fn a_single_range_that_is_left_is_no_multipart(kind: Kind) {
    let registry = start(kind).await;
    let path = blob(&registry).await;
    let got = ask(&registry, "GET", &path, "bytes=20-30,8-99").await.expect(206);
    assert_eq!(got.header("content-range"), Some("bytes 8-9/10"));
    assert_eq!(got.header("content-type"), Some("application/octet-stream"));
    assert_eq!(got.body, "89");
}

async fn none_that_is_there_is_416(kind: Kind) {
    let registry = start(kind).await;
    let path = blob(&registry).await;
    for range in ["bytes=10-,20-30", "bytes=-0,10-10", "bytes=5-2"] {
        let got = ask(&registry, "GET", &path, range).await;
        let got = got.expect_error(416, "RANGE_INVALID");
        assert_eq!(got.header("content-range"), Some("bytes */10"), "{range}");
    }
}

async fn too_many_or_too_long_ranges_give_everything(kind: Kind) {
    let registry = start(kind).await;
    let path = blob(&registry).await;
    let many = format!("bytes={}", vec!["0-0"; 17].join(","));
    for range in [&many, "bytes=0-9,0-0", "bytes=0-,0-,0-", "bytes=0-1,x"] {
        let got = ask(&registry, "GET", &path, range).await.expect(200);
        assert_eq!(got.body, CONTENT, "{range}");
    }
    let long = registry.push_blob("a", &[b'x'; 100]).await;
    let path = format!("/v2/a/blobs/{long}");
    let most = format!("bytes={}", vec!["0-0"; 16].join(","));
    let got = ask(&registry, "GET", &path, &most).await.expect(206);
    assert_eq!(parts(&got, "application/octet-stream").len(), 16);
}

async fn head_announces_what_get_sends(kind: Kind) {
    let registry = start(kind).await;
    let path = blob(&registry).await;
    for range in ["bytes=0-1,4-5", "bytes=2-3", "bytes=10-", "bytes=0-,0-"] {
        let mut get = ask(&registry, "GET", &path, range).await;
        let mut head = ask(&registry, "HEAD", &path, range).await;
        get.headers.remove("date");
        head.headers.remove("date");
        assert_eq!((head.status, head.headers), (get.status, get.headers), "{range}");
        assert_eq!(head.body, "");
    }
}

async fn large_parts_are_streamed_exactly(kind: Kind) {
    let registry = start(kind).await;
    let content: Vec<u8> = (0..2_000_000_u32).map(|at| (at % 251) as u8).collect();
    let digest = registry.push_blob("a", &content).await;
    let path = format!("/v2/a/blobs/{digest}");
    let got = ask(&registry, "GET", &path, "bytes=1000000-1899999,5-800004").await;
    let found = parts(&got.expect(206), "application/octet-stream");
    assert_eq!(found[0].0, "bytes 1000000-1899999/2000000");
    assert!(found[0].1 == content[1_000_000..1_900_000]);
    assert_eq!(found[1].0, "bytes 5-800004/2000000");
    assert!(found[1].1 == content[5..800_005]);
}

async fn a_manifest_is_read_in_parts_too(kind: Kind) {
    let registry = start(kind).await;
    let manifest = registry.push_image("a", "v1", b"layer").await;
    let (bytes, media_type) = (manifest.bytes(), manifest.descriptor().media_type.as_str());
    let one = ask(&registry, "GET", "/v2/a/manifests/v1", "bytes=2-5").await;
    let one = one.expect(206);
    assert_eq!(one.body, bytes[2..6]);
    assert_eq!(one.header("content-type"), Some(media_type));
    let range = format!("bytes 2-5/{}", bytes.len());
    assert_eq!(one.header("content-range"), Some(range.as_str()));
    let two = ask(&registry, "GET", "/v2/a/manifests/v1", "bytes=0-0,-1").await;
    let found = parts(&two.expect(206), media_type);
    assert_eq!([&found[0].1[..], &found[1].1[..]], [b"{", b"}"]);
    let beyond = ask(&registry, "GET", "/v2/a/manifests/v1", "bytes=999999-").await;
    beyond.expect_error(416, "RANGE_INVALID");
}
