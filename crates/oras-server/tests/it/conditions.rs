//! Conditional requests: what is read, written or deleted only if it is still what the client knows.

use oras_content::Verified;

use crate::client::{Call, Reply};
use crate::on_every_backend;
use crate::setup::{Kind, Registry, start};

on_every_backend!(
    a_push_replaces_only_what_the_client_knows,
    a_push_can_insist_on_a_new_tag,
    a_condition_on_a_digest_is_about_that_manifest,
    a_deletion_can_be_conditional,
    a_read_can_be_conditional,
    a_weak_tag_never_matches_strongly,
    a_missing_thing_is_404_whatever_the_condition,
    of_two_writers_exactly_one_wins,
    of_two_creators_exactly_one_wins,
    a_push_and_a_deletion_exclude_each_other,
);

const TAG: &str = "/v2/a/manifests/v1";

fn put(registry: &Registry, reference: &str, manifest: &Verified) -> Call {
    registry
        .call("PUT", format!("/v2/a/manifests/{reference}"))
        .header("content-type", manifest.descriptor().media_type.as_str())
        .body(manifest.bytes().clone())
}

fn etag(manifest: &Verified) -> String {
    format!("\"{}\"", manifest.descriptor().digest)
}

async fn tagged(registry: &Registry) -> String {
    registry
        .get(TAG)
        .await
        .expect(200)
        .header("etag")
        .unwrap()
        .to_owned()
}

#[track_caller]
fn refused(reply: Reply) {
    reply.expect_error(412, "PRECONDITION_FAILED");
}

async fn a_push_replaces_only_what_the_client_knows(kind: Kind) {
    let registry = start(kind).await;
    let first = registry.push_image("a", "v1", b"first").await;
    let second = registry.image("a", b"second").await;
    let unknown = put(&registry, "v1", &second).header("if-match", etag(&second));
    refused(unknown.send().await);
    assert_eq!(tagged(&registry).await, etag(&first));
    let nothing = put(&registry, "v2", &second).header("if-match", etag(&first));
    refused(nothing.send().await);
    registry.get("/v2/a/manifests/v2").await.expect(404);
    let list = format!("\"other\", {}", etag(&first));
    let known = put(&registry, "v1", &second)
        .header("if-match", list)
        .send()
        .await;
    assert_eq!(known.expect(201).header("etag"), Some(etag(&second).as_str()));
    assert_eq!(tagged(&registry).await, etag(&second));
    put(&registry, "v1", &first)
        .header("if-match", "*")
        .send()
        .await
        .expect(201);
    refused(put(&registry, "v3", &first).header("if-match", "*").send().await);
}

async fn a_push_can_insist_on_a_new_tag(kind: Kind) {
    let registry = start(kind).await;
    let image = registry.image("a", b"layer").await;
    let create = || put(&registry, "v1", &image).header("if-none-match", "*").send();
    create().await.expect(201);
    refused(create().await);
    let other = registry.image("a", b"other").await;
    let unless = |tag: String| put(&registry, "v1", &other).header("if-none-match", tag).send();
    refused(unless(etag(&image)).await);
    assert_eq!(tagged(&registry).await, etag(&image));
    unless(etag(&other)).await.expect(201);
}

async fn a_condition_on_a_digest_is_about_that_manifest(kind: Kind) {
    let registry = start(kind).await;
    let image = registry.image("a", b"layer").await;
    let digest = image.descriptor().digest.to_string();
    let create = || {
        put(&registry, &digest, &image)
            .header("if-none-match", "*")
            .send()
    };
    create().await.expect(201);
    refused(create().await);
    put(&registry, &digest, &image)
        .header("if-match", etag(&image))
        .send()
        .await
        .expect(201);
}

async fn a_deletion_can_be_conditional(kind: Kind) {
    let registry = start(kind).await;
    let first = registry.push_image("a", "v1", b"first").await;
    let second = registry.push_image("a", "v2", b"second").await;
    let delete = |path: String, tag: String| registry.call("DELETE", path).header("if-match", tag).send();
    refused(delete(TAG.into(), etag(&second)).await);
    assert_eq!(tagged(&registry).await, etag(&first));
    delete(TAG.into(), etag(&first)).await.expect(202);
    registry.get(TAG).await.expect(404);
    let manifest = format!("/v2/a/manifests/{}", second.descriptor().digest);
    refused(delete(manifest.clone(), etag(&first)).await);
    delete(manifest.clone(), etag(&second)).await.expect(202);
    registry.get(manifest).await.expect(404);
    let blob = registry.push_blob("a", b"first").await;
    let path = format!("/v2/a/blobs/{blob}");
    refused(delete(path.clone(), etag(&first)).await);
    delete(path, format!("\"{blob}\"")).await.expect(202);
}

async fn a_read_can_be_conditional(kind: Kind) {
    let registry = start(kind).await;
    let image = registry.push_image("a", "v1", b"layer").await;
    let blob = registry.push_blob("a", b"layer").await;
    for (path, tag) in [
        (TAG.to_owned(), etag(&image)),
        (format!("/v2/a/blobs/{blob}"), format!("\"{blob}\"")),
    ] {
        for method in ["GET", "HEAD"] {
            let ask = |name, value: &str| registry.call(method, &path).header(name, value).send();
            assert_eq!(ask("if-match", "\"other\"").await.status, 412);
            ask("if-match", &tag).await.expect(200);
            ask("if-match", "*").await.expect(200);
            ask("if-none-match", &tag).await.expect(304);
            ask("if-none-match", &format!("W/{tag}")).await.expect(304);
            ask("if-none-match", "\"other\"").await.expect(200);
        }
    }
    refused(
        registry
            .call("GET", TAG)
            .header("if-match", "\"other\"")
            .send()
            .await,
    );
}

async fn a_weak_tag_never_matches_strongly(kind: Kind) {
    let registry = start(kind).await;
    let image = registry.push_image("a", "v1", b"layer").await;
    let weak = format!("W/{}", etag(&image));
    refused(
        put(&registry, "v1", &image)
            .header("if-match", &weak)
            .send()
            .await,
    );
    refused(registry.call("GET", TAG).header("if-match", &weak).send().await);
}

async fn a_missing_thing_is_404_whatever_the_condition(kind: Kind) {
    let registry = start(kind).await;
    registry.push_blob("a", b"x").await;
    for method in ["GET", "DELETE"] {
        let ask = registry.call(method, TAG).header("if-match", "\"x\"");
        ask.send().await.expect_error(404, "MANIFEST_UNKNOWN");
    }
}

async fn of_two_writers_exactly_one_wins(kind: Kind) {
    let registry = start(kind).await;
    let mut now = etag(&registry.push_image("a", "v1", b"start").await);
    for round in 0..25 {
        let one = registry.image("a", format!("one {round}").as_bytes()).await;
        let other = registry.image("a", format!("other {round}").as_bytes()).await;
        let (first, second) = tokio::join!(
            put(&registry, "v1", &one).header("if-match", &now).send(),
            put(&registry, "v1", &other).header("if-match", &now).send(),
        );
        let winner = match (first.status, second.status) {
            (201, 412) => etag(&one),
            (412, 201) => etag(&other),
            both => panic!("round {round}: {both:?}"),
        };
        now = tagged(&registry).await;
        assert_eq!(now, winner, "round {round}");
    }
}

async fn of_two_creators_exactly_one_wins(kind: Kind) {
    let registry = start(kind).await;
    let one = registry.image("a", b"one").await;
    let other = registry.image("a", b"other").await;
    for round in 0..25 {
        let tag = format!("v{round}");
        let (first, second) = tokio::join!(
            put(&registry, &tag, &one).header("if-none-match", "*").send(),
            put(&registry, &tag, &other).header("if-none-match", "*").send(),
        );
        let mut statuses = [first.status, second.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 412], "round {round}");
    }
}

async fn a_push_and_a_deletion_exclude_each_other(kind: Kind) {
    let registry = start(kind).await;
    let image = registry.push_image("a", "other", b"layer").await;
    let path = format!("/v2/a/manifests/{}", image.descriptor().digest);
    for round in 0..25 {
        let (push, deletion) = tokio::join!(
            put(&registry, "v1", &image).send(),
            registry.call("DELETE", &path).send(),
        );
        push.expect(201);
        deletion.expect(202);
        let left = registry.get(TAG).await;
        // Whichever came last: the tag is there with its manifest, or both are gone.
        match left.status {
            200 => assert_eq!(left.body, image.bytes(), "round {round}"),
            _ => drop(left.expect_error(404, "MANIFEST_UNKNOWN")),
        }
        registry.put_manifest("a", "other", &image).await.expect(201);
    }
}
