//! Uploads: where they are, how far, and what becomes of their requests.

use oras_content::Digest;
use oras_server::ServerOptions;
use oras_server_faults::{FaultOptions, Quirk};

use super::{follow, open};
use crate::client::Reply;
use crate::setup::{Kind, Registry, misbehaving};

const UPLOADS: &str = "/v2/a/blobs/uploads/";

/// The address that a `Location` leads to, as a client reads it that asked for `asked`.
fn resolve(registry: &Registry, asked: &str, location: &str) -> String {
    let root = registry.server.url();
    if location.starts_with("http") {
        return location.to_owned();
    }
    if location.starts_with("//") {
        return format!("http:{location}");
    }
    if location.starts_with('/') {
        return format!("{root}{location}");
    }
    let path = asked.split('?').next().unwrap();
    format!("{root}{}/{location}", path.rsplit_once('/').unwrap().0)
}

/// Adds a parameter to an address.
fn with_digest(url: &str, digest: &Digest) -> String {
    let separator = if url.contains('?') { '&' } else { '?' };
    format!("{url}{separator}digest={digest}")
}

fn path_of(url: &str) -> String {
    let rest = url.split_once("//").unwrap().1;
    rest[rest.find('/').unwrap()..].to_owned()
}

#[tokio::test]
async fn an_upload_can_be_anywhere_and_works_there() {
    for (quirk, shape) in [
        (Quirk::LocationAbsolute, "http://HOST/v2/a/blobs/uploads/ID"),
        (Quirk::LocationHttp, "http://HOST/v2/a/blobs/uploads/ID"),
        (
            Quirk::LocationQuery,
            "/v2/a/blobs/uploads/ID?_nouploadcache=false&_state=a%2BbN%3D&x",
        ),
        (Quirk::LocationUnrooted, "ID"),
        (Quirk::LocationSchemeless, "//HOST/v2/a/blobs/uploads/ID"),
        (Quirk::LocationPatchSuffix, "/v2/a/blobs/uploads/ID.patch"),
        (Quirk::LocationTrailingSlash, "/v2/a/blobs/uploads/ID/"),
        (Quirk::LocationSecondOrigin, "http://SECOND/storage/ID"),
    ] {
        let registry = open([quirk]).await;
        let mut asked = UPLOADS.to_owned();
        let mut location = registry.call("POST", &asked).send().await.expect(202).location();
        let id = location
            .split(['/', '.', '?'])
            .find(|part| part.len() == 32)
            .unwrap();
        let mut seen = location
            .replace(id, "ID")
            .replace(&registry.server.registry(), "HOST");
        if let Some(second) = registry.server.second_origin() {
            seen = seen.replace(&second.addr().to_string(), "SECOND");
        }
        let seen = seen.replace("a%2Bb1%3D", "a%2BbN%3D");
        assert_eq!(seen, shape, "{quirk}");
        for chunk in ["he", "llo"] {
            let url = resolve(&registry, &asked, &location);
            location = follow("PATCH", &url)
                .body(chunk)
                .send()
                .await
                .expect(202)
                .location();
            asked = path_of(&url);
        }
        let digest = Digest::sha256(b"hello");
        let url = with_digest(&resolve(&registry, &asked, &location), &digest);
        follow("PUT", &url).send().await.expect(201);
        registry.get(format!("/v2/a/blobs/{digest}")).await.expect(200);
    }
}

#[tokio::test]
async fn a_query_has_to_come_back_byte_for_byte() {
    let registry = open([Quirk::LocationQuery]).await;
    let location = registry.open_upload("a").await;
    let (path, _) = location.split_once('?').unwrap();
    for wrong in [
        path.to_owned(),
        location.replace("%2B", "+"),
        location.replace("&x", ""),
        location.replace("_nouploadcache=false&", ""),
    ] {
        registry
            .call("PATCH", &wrong)
            .body("x")
            .send()
            .await
            .expect_error(404, "BLOB_UPLOAD_INVALID");
    }
    let next = registry
        .call("PATCH", &location)
        .body("x")
        .send()
        .await
        .expect(202)
        .location();
    assert_ne!(next, location);
    registry
        .call("PATCH", &location)
        .body("x")
        .send()
        .await
        .expect(404);
}

#[tokio::test]
async fn an_upload_at_storage_takes_no_credentials() {
    let registry = open([Quirk::LocationSecondOrigin]).await;
    let location = registry.open_upload("a").await;
    let put = follow("PATCH", &location)
        .header("authorization", "Bearer x")
        .body("x");
    put.send().await.expect(400);
}

#[tokio::test]
async fn an_address_can_have_a_wrong_port_or_none() {
    let registry = open([Quirk::LocationOtherPort]).await;
    let location = registry.open_upload("a").await;
    assert!(location.starts_with("http://127.0.0.1:1/v2/a/"), "{location}");
    let registry = open([Quirk::LocationWithoutPort]).await;
    for (host, named) in [
        ("r.example:443", "r.example"),
        ("r.example:80", "r.example"),
        ("r.example:444", "r.example:444"),
    ] {
        let request = format!("POST {UPLOADS} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
        let answer = crate::client::raw(registry.server.addr(), request).await;
        assert!(
            answer.contains(&format!("location: http://{named}/v2/a/")),
            "{answer}"
        );
    }
}

async fn patch(registry: &Registry, session: &str, chunk: &'static str) -> Reply {
    registry.call("PATCH", session).body(chunk).send().await
}

#[tokio::test]
async fn progress_can_be_told_wrongly() {
    for (quirk, ranges) in [
        (Quirk::RangeWithUnit, ["bytes=0-1", "bytes=0-4"]),
        (Quirk::RangeLastChunk, ["0-1", "2-4"]),
        (Quirk::RangeStuck, ["0-1", "0-1"]),
    ] {
        let registry = open([quirk]).await;
        let session = registry.open_upload("a").await;
        for (chunk, range) in ["he", "llo"].into_iter().zip(ranges) {
            assert_eq!(
                patch(&registry, &session, chunk)
                    .await
                    .expect(202)
                    .header("range"),
                Some(range),
                "{quirk}"
            );
        }
        let digest = Digest::sha256(b"hello");
        registry
            .call("PUT", format!("{session}?digest={digest}"))
            .send()
            .await
            .expect(201);
    }
}

#[tokio::test]
async fn a_chunk_can_be_created() {
    let registry = open([Quirk::PatchCreated]).await;
    let session = registry.open_upload("a").await;
    assert_eq!(
        patch(&registry, &session, "hello")
            .await
            .expect(201)
            .header("range"),
        Some("0-4")
    );
}

#[tokio::test]
async fn an_upload_can_keep_its_progress_to_itself() {
    let registry = open([Quirk::NoUploadStatus]).await;
    let session = registry.open_upload("a").await;
    registry
        .get(&session)
        .await
        .expect_error(404, "BLOB_UPLOAD_UNKNOWN");
    patch(&registry, &session, "hello").await.expect(202);
}

#[tokio::test]
async fn an_empty_put_can_be_refused_once() {
    let registry = open([Quirk::EmptyPutRefused]).await;
    let session = registry.open_upload("a").await;
    patch(&registry, &session, "hello").await.expect(202);
    let put = registry.call("PUT", format!("{session}?digest={}", Digest::sha256(b"hello")));
    put.clone().send().await.expect(400);
    put.send().await.expect(201);
}

#[tokio::test]
async fn a_large_chunk_can_be_refused() {
    let registry = open([Quirk::ChunkOver4Mib]).await;
    let session = registry.open_upload("a").await;
    let chunk = |len: usize| registry.call("PATCH", &session).body(vec![b'x'; len]).send();
    chunk((4 << 20) + 1).await.expect(416);
    chunk(4 << 20).await.expect(202);
}

#[tokio::test]
async fn a_small_chunk_can_be_refused() {
    let registry = open([Quirk::ChunkMin5Mib]).await;
    let opened = registry.call("POST", UPLOADS).send().await.expect(202);
    assert_eq!(opened.header("oci-chunk-min-length"), Some("5242880"));
    patch(&registry, &opened.location(), "he").await.expect(202);
    assert!(patch(&registry, &opened.location(), "llo").await.status >= 400);
}

#[tokio::test]
async fn a_blob_can_be_refused_in_one_piece() {
    let registry = open([Quirk::NoSinglePut]).await;
    let digest = Digest::sha256(b"hello");
    let post = registry
        .call("POST", format!("{UPLOADS}?digest={digest}"))
        .body("hello");
    let session = post.send().await.expect(202).location();
    let put = |body: &'static str| {
        registry
            .call("PUT", format!("{session}?digest={digest}"))
            .body(body)
    };
    put("hello").send().await.expect(405);
    patch(&registry, &session, "hel").await.expect(202);
    put("lo").send().await.expect(201);
}

#[tokio::test]
async fn a_failed_mount_can_end_in_many_ways() {
    let digest = Digest::sha256(b"not there");
    let mount = format!("{UPLOADS}?mount={digest}&from=b");
    for (quirk, status) in [
        (Quirk::MountUnauthorized, 401),
        (Quirk::MountForbidden, 403),
        (Quirk::MountMissing, 404),
        (Quirk::MountLocation, 202),
    ] {
        let options = ServerOptions::default().with_upload_limit(1);
        let faults = FaultOptions::default().with_quirks([quirk]);
        let registry = misbehaving(Kind::Memory, options, faults).await;
        // What the client is not told of does not count as open.
        for _ in 0..2 {
            registry.call("POST", &mount).send().await.expect(status);
        }
        let failed = registry.call("POST", &mount).send().await.expect(status);
        if status == 202 {
            let location = failed.location();
            assert!(
                location.contains(&format!("?mount={digest}&from=b/")),
                "{location}"
            );
            let put = registry.call("PUT", &location).body("not there").send().await;
            assert!(put.status >= 400, "{put:?}");
        }
        let there = registry.push_blob("b", b"there").await;
        let mount = registry.call("POST", format!("{UPLOADS}?mount={there}&from=b"));
        mount.send().await.expect(201);
    }
}

#[tokio::test]
async fn a_mount_can_need_its_source() {
    let registry = open([Quirk::MountNeedsFrom]).await;
    let digest = registry.push_blob("b", b"there").await;
    registry
        .call("POST", format!("{UPLOADS}?mount={digest}"))
        .send()
        .await
        .expect(400);
    registry
        .call("POST", format!("{UPLOADS}?mount={digest}&from=b"))
        .send()
        .await
        .expect(201);
}

#[tokio::test]
async fn every_second_request_can_meet_another_replica() {
    let registry = open([Quirk::OtherReplica]).await;
    let session = registry.open_upload("a").await;
    patch(&registry, &session, "he").await.expect(202);
    patch(&registry, &session, "llo")
        .await
        .expect_error(404, "BLOB_UPLOAD_UNKNOWN");
    patch(&registry, &session, "llo").await.expect(202);
}
