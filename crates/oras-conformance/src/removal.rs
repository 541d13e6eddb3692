//! Checks of removal.

use oras_content::{Store, StoreExt, WriterExt};

use crate::content::{has, lacks};
use crate::failure::{Outcome, not_found, same};
use crate::name::stands_for;
use crate::sample::{blob, put, put_manifest};

pub(crate) async fn deleted_content_is_gone(store: &dyn Store) -> Outcome {
    let content = blob("short-lived");
    let kept = blob("long-lived");
    let target = put(store, &content).await?;
    put(store, &kept).await?;
    store.as_deleter()?.delete(&target).await?;
    lacks(store, &target).await?;
    has(store, kept.descriptor(), kept.bytes()).await
}

pub(crate) async fn missing_content_cannot_be_deleted(store: &dyn Store) -> Outcome {
    let target = blob("never pushed").into_parts().0;
    not_found("delete", store.as_deleter()?.delete(&target).await)
}

pub(crate) async fn tags_go_with_their_manifest(store: &dyn Store) -> Outcome {
    let gone = put_manifest(store, "gone", None).await?;
    let kept = put_manifest(store, "kept", None).await?;
    for (target, tag) in [(&gone, "v1"), (&gone, "v2"), (&kept, "v3")] {
        store.as_writer()?.tag(target, tag).await?;
    }
    store.as_deleter()?.delete(&gone).await?;
    for name in ["v1", "v2", gone.digest.as_str()] {
        not_found(&format!("resolve of {name}"), store.resolve(name).await)?;
    }
    stands_for(store, "v3", &kept).await
}

pub(crate) async fn deleted_content_can_be_pushed_again(store: &dyn Store) -> Outcome {
    let target = put_manifest(store, "back again", None).await?;
    store.as_deleter()?.delete(&target).await?;
    lacks(store, &target).await?;
    put_manifest(store, "back again", None).await?;
    same("exists", store.exists(&target).await?, true)?;
    store.as_writer()?.tag(&target, "v1").await?;
    stands_for(store, "v1", &target).await
}

pub(crate) async fn a_deleted_manifest_is_no_predecessor(store: &dyn Store) -> Outcome {
    let subject = put_manifest(store, "subject", None).await?;
    let one = put_manifest(store, "one", Some(&subject)).await?;
    let two = put_manifest(store, "two", Some(&subject)).await?;
    store.as_deleter()?.delete(&one).await?;
    let found = store.as_predecessor_finder()?.predecessors(&subject).await?;
    let digests: Vec<_> = found.iter().map(|node| &node.digest).collect();
    same("predecessors", digests, [&two.digest])
}
