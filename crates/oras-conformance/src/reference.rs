//! Checks of pushing with tags and of fetching by name.

use oras_content::{
    Error, ErrorKind, MediaType, PushOptions, Pushed, Store, StoreExt, Tag, Verified, WriterExt,
};

use crate::content::has;
use crate::failure::{Failure, Outcome, not_found, refused, same};
use crate::name::stands_for;
use crate::sample::{manifest, put, put_manifest, tag};

/// Pushes `content` with these tags.
async fn push(store: &dyn Store, content: &Verified, tags: &[&str]) -> Result<Pushed, Failure> {
    let tags: Result<Vec<Tag>, Failure> = tags.iter().map(|text| tag(text)).collect();
    let options = PushOptions::default().with_tags(tags?);
    let payload = content.clone().into();
    Ok(store
        .as_writer()?
        .push_opts(content.descriptor(), payload, options)
        .await?)
}

pub(crate) async fn a_manifest_is_pushed_with_its_tags(store: &dyn Store) -> Outcome {
    put(store, &Verified::of(MediaType::OCI_EMPTY, "{}")).await?;
    let content = manifest(&[], None);
    let target = content.descriptor();
    push(store, &content, &["v1", "v1.0", "latest"]).await?;
    has(store, target, content.bytes()).await?;
    for name in ["v1", "v1.0", "latest"] {
        stands_for(store, name, target).await?;
    }
    Ok(())
}

pub(crate) async fn an_existing_manifest_gets_the_tag(store: &dyn Store) -> Outcome {
    put(store, &Verified::of(MediaType::OCI_EMPTY, "{}")).await?;
    let content = manifest(&[], None);
    let target = put(store, &content).await?;
    push(store, &content, &["v1"]).await?;
    stands_for(store, "v1", &target).await?;
    let other = put_manifest(store, "other", None).await?;
    push(store, &content, &["v2"]).await?;
    stands_for(store, "v2", &target).await?;
    stands_for(store, other.digest.as_str(), &other).await
}

pub(crate) async fn a_manifest_is_fetched_by_its_name(store: &dyn Store) -> Outcome {
    let target = put_manifest(store, "by tag", None).await?;
    store.as_writer()?.tag(&target, "v1").await?;
    for name in ["v1", target.digest.as_str()] {
        let fetched = store.fetch_named(name, target.size).await?;
        same("what was fetched", fetched.descriptor().plain(), target.plain())?;
    }
    not_found("fetch", store.fetch_named("unknown", target.size).await)
}

pub(crate) async fn a_larger_manifest_is_refused(store: &dyn Store) -> Outcome {
    let target = put_manifest(store, "too large", None).await?;
    store.as_writer()?.tag(&target, "v1").await?;
    let fetched = store.fetch_named("v1", target.size - 1).await;
    let is_limit = |error: &Error| matches!(error.kind(), ErrorKind::SizeExceedsLimit { .. });
    refused("fetch", fetched, "ErrorKind::SizeExceedsLimit", is_limit)
}
