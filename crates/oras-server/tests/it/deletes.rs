//! Deletion of tags, manifests and blobs, each of which can be switched off.

use oras_server::ServerOptions;

use crate::client::Reply;
use crate::on_every_backend;
use crate::setup::{Kind, Registry, start, start_with};

on_every_backend!(
    each_kind_is_switched_off_alone,
    all_kinds_are_switched_off_together,
    a_kind_can_be_switched_on_again,
    a_manifest_is_no_blob_to_delete,
);

/// What a deletion of a tag, a manifest and a blob is answered with.
async fn deletions(kind: Kind, options: ServerOptions) -> (Registry, [Reply; 3]) {
    let registry = start_with(kind, options).await;
    let image = registry.push_image("a", "v1", b"layer").await;
    let other = registry.push_image("a", "v2", b"other").await;
    let blob = registry.push_blob("a", b"blob").await;
    let delete = |path: String| registry.call("DELETE", path).send();
    let replies = [
        delete("/v2/a/manifests/v1".into()).await,
        delete(format!("/v2/a/manifests/{}", other.descriptor().digest)).await,
        delete(format!("/v2/a/blobs/{blob}")).await,
    ];
    let is_there = |path: String| registry.get(path);
    let left = [
        is_there("/v2/a/manifests/v1".into()).await.status == 200,
        is_there("/v2/a/manifests/v2".into()).await.status == 200,
        is_there(format!("/v2/a/blobs/{blob}")).await.status == 200,
    ];
    assert_eq!(left, [0, 1, 2].map(|at: usize| replies[at].status != 202));
    let digest = &image.descriptor().digest;
    registry
        .get(format!("/v2/a/manifests/{digest}"))
        .await
        .expect(200);
    (registry, replies)
}

#[track_caller]
fn check(replies: [Reply; 3], allowed: [bool; 3]) {
    let left = ["GET, HEAD, PUT", "GET, HEAD, PUT", "GET, HEAD"];
    for ((reply, allowed), left) in replies.into_iter().zip(allowed).zip(left) {
        match allowed {
            true => drop(reply.expect(202)),
            false => {
                let refused = reply.expect_error(405, "UNSUPPORTED");
                assert_eq!(refused.header("allow"), Some(left));
            }
        }
    }
}

async fn each_kind_is_switched_off_alone(kind: Kind) {
    let options = ServerOptions::default;
    for (options, allowed) in [
        (options(), [true, true, true]),
        (options().with_tag_delete(false), [false, true, true]),
        (options().with_manifest_delete(false), [true, false, true]),
        (options().with_blob_delete(false), [true, true, false]),
    ] {
        check(deletions(kind, options).await.1, allowed);
    }
}

async fn all_kinds_are_switched_off_together(kind: Kind) {
    let options = ServerOptions::default().with_delete(false);
    check(deletions(kind, options).await.1, [false; 3]);
}

async fn a_kind_can_be_switched_on_again(kind: Kind) {
    let options = ServerOptions::default().with_delete(false).with_tag_delete(true);
    check(deletions(kind, options).await.1, [true, false, false]);
}

async fn a_manifest_is_no_blob_to_delete(kind: Kind) {
    let registry = start(kind).await;
    let image = registry.push_image("a", "v1", b"layer").await;
    let path = format!("/v2/a/blobs/{}", image.descriptor().digest);
    let refused = registry.call("DELETE", path).send().await;
    let refused = refused.expect_error(405, "UNSUPPORTED");
    assert_eq!(refused.header("allow"), Some("GET, HEAD"));
    registry.get("/v2/a/manifests/v1").await.expect(200);
}
