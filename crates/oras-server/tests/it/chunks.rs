//! Chunks: blobs that arrive piece by piece.

use oras_content::Digest;
use oras_server::ServerOptions;

use crate::client::raw;
use crate::on_every_backend;
use crate::setup::{Kind, Registry, start, start_with};
use crate::uploads::read;

on_every_backend!(
    chunked_transfer_needs_no_length,
    chunks_arrive_in_order,
    a_chunk_out_of_order_is_416_and_harmless,
    a_chunk_has_to_be_what_it_announces,
    a_broken_upload_goes_on_where_it_stopped,
    the_shortest_chunk_is_announced,
    only_the_last_chunk_may_be_short,
    a_short_chunk_may_be_the_last_one,
);

async fn chunked_transfer_needs_no_length(kind: Kind) {
    let registry = start(kind).await;
    let digest = Digest::sha256(b"hello world");
    let session = registry.open_upload("a").await;
    let patch = registry
        .call("PATCH", &session)
        .chunked(&[b"hel", b"lo "])
        .send()
        .await
        .expect(202);
    assert_eq!(patch.header("range"), Some("0-5"));
    let put = registry.call("PUT", format!("{session}?digest={digest}"));
    put.chunked(&[b"wor", b"", b"ld"]).send().await.expect(201);
    assert_eq!(read(&registry, "a", &digest).await.body, "hello world");
}

async fn chunks_arrive_in_order(kind: Kind) {
    let registry = start(kind).await;
    let digest = Digest::sha256(b"abcdefgh");
    let mut session = registry.open_upload("a").await;
    for (range, bytes, so_far) in [("0-2", "abc", "0-2"), ("3-5", "def", "0-5")] {
        let patch = registry
            .call("PATCH", &session)
            .header("content-range", range)
            .body(bytes)
            .send()
            .await;
        assert_eq!(patch.expect(202).header("range"), Some(so_far));
        let status = registry.get(&session).await.expect(204);
        assert_eq!(status.header("range"), Some(so_far));
        session = status.location();
    }
    let put = registry.call("PUT", format!("{session}?digest={digest}"));
    put.header("content-range", "6-7")
        .body("gh")
        .send()
        .await
        .expect(201);
    assert_eq!(read(&registry, "a", &digest).await.body, "abcdefgh");
}

async fn a_chunk_out_of_order_is_416_and_harmless(kind: Kind) {
    let registry = start(kind).await;
    let digest = Digest::sha256(b"abcdef");
    let session = registry.open_upload("a").await;
    let early = registry
        .call("PATCH", &session)
        .header("content-range", "3-5")
        .body("def")
        .send()
        .await;
    early.expect_error(416, "BLOB_UPLOAD_INVALID");
    registry
        .call("PATCH", &session)
        .header("content-range", "0-2")
        .body("abc")
        .send()
        .await
        .expect(202);
    for method in ["PATCH", "PUT"] {
        let path = format!("{session}?digest={digest}");
        let again = registry
            .call(method, &path)
            .header("content-range", "0-2")
            .body("abc")
            .send()
            .await;
        let again = again.expect_error(416, "BLOB_UPLOAD_INVALID");
        assert_eq!(again.header("range"), Some("0-2"));
        assert_eq!(again.location(), session);
    }
    let put = registry.call("PUT", format!("{session}?digest={digest}"));
    put.header("content-range", "3-5")
        .body("def")
        .send()
        .await
        .expect(201);
}

async fn a_chunk_has_to_be_what_it_announces(kind: Kind) {
    let registry = start(kind).await;
    let session = registry.open_upload("a").await;
    for wrong in ["bytes 0-4/*", "0-4/5", "4-0", "five"] {
        let patch = registry
            .call("PATCH", &session)
            .header("content-range", wrong)
            .body("hello")
            .send()
            .await;
        patch.expect_error(400, "BLOB_UPLOAD_INVALID");
    }
    let other = registry
        .call("PATCH", &session)
        .header("content-range", "0-9")
        .body("hello")
        .send()
        .await;
    other.expect_error(400, "SIZE_INVALID");
    let longer = registry
        .call("PATCH", &session)
        .header("content-range", "0-1")
        .chunked(&[b"hello"])
        .send()
        .await;
    longer.expect_error(400, "SIZE_INVALID");
    assert_eq!(
        registry.get(&session).await.expect(204).header("range"),
        Some("0-0")
    );
}

async fn a_broken_upload_goes_on_where_it_stopped(kind: Kind) {
    let registry = start(kind).await;
    let digest = Digest::sha256(b"hello world");
    let session = registry.open_upload("a").await;
    let head = format!(
        "PATCH {session} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n"
    );
    // A frame that is complete, and then something that is not chunked encoding.
    raw(registry.server.addr(), format!("{head}6\r\nhello \r\nnonsense")).await;
    let status = registry.get(&session).await.expect(204);
    assert_eq!(status.header("range"), Some("0-5"));
    let put = registry.call("PUT", format!("{session}?digest={digest}"));
    put.header("content-range", "6-10")
        .body("world")
        .send()
        .await
        .expect(201);
}

async fn with_min(kind: Kind) -> Registry {
    start_with(kind, ServerOptions::default().with_chunk_min_length(4)).await
}

async fn the_shortest_chunk_is_announced(kind: Kind) {
    let registry = with_min(kind).await;
    let missing = Digest::sha256(b"missing");
    for query in [
        String::new(),
        format!("?mount={missing}&from=b"),
        format!("?mount={missing}"),
    ] {
        let opened = registry.call("POST", format!("/v2/a/blobs/uploads/{query}"));
        let opened = opened.send().await.expect(202);
        assert_eq!(opened.header("oci-chunk-min-length"), Some("4"), "{query}");
    }
    let silent = start(kind).await;
    let opened = silent.call("POST", "/v2/a/blobs/uploads/").send().await;
    assert_eq!(opened.expect(202).header("oci-chunk-min-length"), None);
}

async fn only_the_last_chunk_may_be_short(kind: Kind) {
    let registry = with_min(kind).await;
    let digest = Digest::sha256(b"abcdefgh");
    let session = registry.open_upload("a").await;
    let patch = |bytes: &'static str| registry.call("PATCH", &session).body(bytes).send();
    patch("abcd").await.expect(202);
    patch("ef").await.expect(202);
    patch("ghij").await.expect_error(400, "BLOB_UPLOAD_INVALID");
    let put = registry.call("PUT", format!("{session}?digest={digest}"));
    put.body("gh")
        .send()
        .await
        .expect_error(400, "BLOB_UPLOAD_INVALID");
    let status = registry.get(&session).await.expect(204);
    assert_eq!(status.header("range"), Some("0-5"));
    let put = registry.call("PUT", format!("{session}?digest={}", Digest::sha256(b"abcdef")));
    put.send().await.expect(201);
}

async fn a_short_chunk_may_be_the_last_one(kind: Kind) {
    let registry = with_min(kind).await;
    let digest = Digest::sha256(b"abcdef");
    for last in ["PATCH", "PUT"] {
        let session = registry.open_upload("a").await;
        registry
            .call("PATCH", &session)
            .body("abcd")
            .send()
            .await
            .expect(202);
        let close = registry.call("PUT", format!("{session}?digest={digest}"));
        let close = match last {
            "PATCH" => {
                registry
                    .call("PATCH", &session)
                    .body("ef")
                    .send()
                    .await
                    .expect(202);
                close
            }
            _ => close.body("ef"),
        };
        close.send().await.expect(201);
    }
    assert_eq!(read(&registry, "a", &digest).await.body, "abcdef");
}
