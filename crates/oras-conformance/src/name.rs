//! Checks of tags and digests as names.

use futures_util::TryStreamExt;
use oras_content::{Descriptor, Error, ErrorKind, Store, StoreExt, TagListOptions, WriterExt};

use crate::content::has;
use crate::failure::{Failure, Outcome, not_found, refused, same};
use crate::sample::{blob, manifest, put, put_manifest, tag};

/// Checks that `name` resolves to `target`.
pub(crate) async fn stands_for(store: &dyn Store, name: &str, target: &Descriptor) -> Outcome {
    let found = store.resolve(name).await?;
    same(&format!("what {name} resolves to"), found.plain(), target.plain())
}

pub(crate) async fn a_tag_stands_for_a_manifest(store: &dyn Store) -> Outcome {
    let target = put_manifest(store, "tagged", None).await?;
    store.as_writer()?.tag(&target, "v1").await?;
    stands_for(store, "v1", &target).await?;
    store.as_writer()?.tag(&target, "v1").await?;
    stands_for(store, "v1", &target).await
}

pub(crate) async fn a_digest_stands_for_itself(store: &dyn Store) -> Outcome {
    let target = put_manifest(store, "by digest", None).await?;
    stands_for(store, target.digest.as_str(), &target).await?;
    // Tagging content with its own digest has no effect, but is how a copy by digest ends.
    store.as_writer()?.tag(&target, target.digest.as_str()).await?;
    stands_for(store, target.digest.as_str(), &target).await
}

pub(crate) async fn a_digest_stands_for_nothing_else(store: &dyn Store) -> Outcome {
    let one = put_manifest(store, "one", None).await?;
    let two = put_manifest(store, "two", None).await?;
    let is_any = |_: &Error| true;
    refused(
        "tag with the digest of other content",
        store.as_writer()?.tag(&one, two.digest.as_str()).await,
        "an error",
        is_any,
    )?;
    stands_for(store, two.digest.as_str(), &two).await
}

pub(crate) async fn an_unknown_name_is_not_found(store: &dyn Store) -> Outcome {
    not_found("resolve of a tag", store.resolve("unknown").await)?;
    let digest = blob("never pushed").into_parts().0.digest;
    not_found("resolve of a digest", store.resolve(digest.as_str()).await)
}

pub(crate) async fn an_empty_name_is_missing(store: &dyn Store) -> Outcome {
    let target = put_manifest(store, "nameless", None).await?;
    let is_missing = |error: &Error| matches!(error.kind(), ErrorKind::MissingName);
    let expected = "ErrorKind::MissingName";
    refused("resolve", store.resolve("").await, expected, is_missing)?;
    refused(
        "tag",
        store.as_writer()?.tag(&target, "").await,
        expected,
        is_missing,
    )
}

pub(crate) async fn a_tag_moves(store: &dyn Store) -> Outcome {
    let old = put_manifest(store, "old", None).await?;
    let new = put_manifest(store, "new", None).await?;
    store.as_writer()?.tag(&old, "latest").await?;
    store.as_writer()?.tag(&new, "latest").await?;
    stands_for(store, "latest", &new).await?;
    stands_for(store, old.digest.as_str(), &old).await?;
    same("the old manifest exists", store.exists(&old).await?, true)
}

pub(crate) async fn two_tags_share_a_manifest(store: &dyn Store) -> Outcome {
    let target = put_manifest(store, "shared", None).await?;
    store.as_writer()?.tag(&target, "v1").await?;
    store.as_writer()?.tag(&target, "v1.0").await?;
    stands_for(store, "v1", &target).await?;
    stands_for(store, "v1.0", &target).await
}

pub(crate) async fn missing_content_gets_no_tag(store: &dyn Store) -> Outcome {
    let missing = manifest(&[blob("x").descriptor()], None).into_parts().0;
    not_found("tag", store.as_writer()?.tag(&missing, "v1").await)?;
    not_found("resolve", store.resolve("v1").await)
}

pub(crate) async fn an_untagged_manifest_stays(store: &dyn Store) -> Outcome {
    let content = manifest(&[], None);
    put_manifest(store, "config", None).await?;
    let target = put(store, &content).await?;
    store.as_writer()?.tag(&target, "v1").await?;
    store.as_writer()?.tag(&target, "v2").await?;
    store.as_untagger()?.untag(&tag("v1")?).await?;
    not_found("resolve", store.resolve("v1").await)?;
    stands_for(store, "v2", &target).await?;
    store.as_untagger()?.untag(&tag("v2")?).await?;
    has(store, &target, content.bytes()).await?;
    stands_for(store, target.digest.as_str(), &target).await
}

pub(crate) async fn an_unknown_tag_cannot_be_untagged(store: &dyn Store) -> Outcome {
    not_found("untag", store.as_untagger()?.untag(&tag("unknown")?).await)
}

async fn tags(store: &dyn Store, opts: TagListOptions) -> Result<Vec<String>, Failure> {
    Ok(store.as_tag_lister()?.tags(opts).try_collect().await?)
}

pub(crate) async fn tags_are_listed_in_order(store: &dyn Store) -> Outcome {
    same(
        "tags",
        tags(store, TagListOptions::default()).await?,
        Vec::<String>::new(),
    )?;
    let target = put_manifest(store, "listed", None).await?;
    for name in ["v2", "latest", "v10", "a", "v2"] {
        store.as_writer()?.tag(&target, name).await?;
    }
    let all = ["a", "latest", "v10", "v2"];
    same("tags", tags(store, TagListOptions::default()).await?, all)?;
    let by_one = TagListOptions::default().with_page_size(1);
    same("tags, one at a time", tags(store, by_one).await?, all)
}

pub(crate) async fn tags_after_the_last_are_listed(store: &dyn Store) -> Outcome {
    let target = put_manifest(store, "listed", None).await?;
    for name in ["a", "b", "d"] {
        store.as_writer()?.tag(&target, name).await?;
    }
    let cases: [(&str, &[&str]); 4] = [
        ("a", &["b", "d"]),
        ("c", &["d"]),
        ("d", &[]),
        ("0", &["a", "b", "d"]),
    ];
    for (last, expected) in cases {
        let found = tags(store, TagListOptions::default().with_last(last)).await?;
        same(&format!("tags after {last}"), found, expected)?;
    }
    Ok(())
}

pub(crate) async fn digests_are_no_tags(store: &dyn Store) -> Outcome {
    let target = put_manifest(store, "tagged by digest", None).await?;
    store.as_writer()?.tag(&target, target.digest.as_str()).await?;
    store.as_writer()?.tag(&target, "v1").await?;
    same("tags", tags(store, TagListOptions::default()).await?, ["v1"])
}
