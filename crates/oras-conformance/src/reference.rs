//! Checks of pushing and fetching by name in one step.

use oras_content::{Error, ErrorKind, MediaType, Resolver, Storage, Tagger, Verified};

use crate::content::has;
use crate::failure::{Failure, Outcome, not_found, refused, same};
use crate::name::stands_for;
use crate::sample::{manifest, put, put_manifest};

pub(crate) async fn a_manifest_is_pushed_with_its_tag<S: Storage + Resolver>(store: &S) -> Outcome {
    put(store, &Verified::of(MediaType::OCI_EMPTY, "{}")).await?;
    let content = manifest(&[], None);
    let target = content.descriptor();
    let pusher = store.reference_pusher().ok_or_else(no_pusher)?;
    pusher
        .push_reference(target, content.bytes().clone().into(), "v1")
        .await?;
    has(store, target, content.bytes()).await?;
    stands_for(store, "v1", target).await
}

pub(crate) async fn an_existing_manifest_gets_the_tag<S: Storage + Resolver>(store: &S) -> Outcome {
    put(store, &Verified::of(MediaType::OCI_EMPTY, "{}")).await?;
    let content = manifest(&[], None);
    let target = put(store, &content).await?;
    let pusher = store.reference_pusher().ok_or_else(no_pusher)?;
    pusher
        .push_reference(&target, content.clone().into(), "v1")
        .await?;
    stands_for(store, "v1", &target).await?;
    let other = put_manifest(store, "other", None).await?;
    pusher.push_reference(&target, content.into(), "v2").await?;
    stands_for(store, "v2", &target).await?;
    stands_for(store, other.digest.as_str(), &other).await
}

pub(crate) async fn a_manifest_is_fetched_by_its_tag<S: Storage + Resolver + Tagger>(store: &S) -> Outcome {
    let target = put_manifest(store, "by tag", None).await?;
    store.tag(&target, "v1").await?;
    let fetcher = store.reference_fetcher().ok_or_else(no_fetcher)?;
    for name in ["v1", target.digest.as_str()] {
        let fetched = fetcher.fetch_reference(name, target.size).await?;
        same("what was fetched", fetched.descriptor().plain(), target.plain())?;
    }
    not_found("fetch", fetcher.fetch_reference("unknown", target.size).await)
}

pub(crate) async fn a_larger_manifest_is_refused<S: Storage + Resolver + Tagger>(store: &S) -> Outcome {
    let target = put_manifest(store, "too large", None).await?;
    store.tag(&target, "v1").await?;
    let fetcher = store.reference_fetcher().ok_or_else(no_fetcher)?;
    let fetched = fetcher.fetch_reference("v1", target.size - 1).await;
    let is_limit = |error: &Error| matches!(error.kind(), ErrorKind::SizeExceedsLimit { .. });
    refused("fetch", fetched, "ErrorKind::SizeExceedsLimit", is_limit)
}

fn no_pusher() -> Failure {
    Failure::new("reference_pusher() is None")
}

fn no_fetcher() -> Failure {
    Failure::new("reference_fetcher() is None")
}
