//! Giving names to content.

use futures_util::{TryStreamExt, stream};
use oras_content::{
    Descriptor, Error, FetcherExt, MAX_MANIFEST_BYTES, MediaType, PusherExt, ReferencePusher, Result, Target,
    Verified,
};

use crate::METADATA_CONCURRENCY;
use crate::engine::resolve_root;

/// Gives the tag `tag` to what `reference` resolves to.
///
/// # Errors
///
/// - [`ErrorKind::NotFound`](oras_content::ErrorKind::NotFound): nothing has the name `reference`.
/// - [`ErrorKind::MissingName`](oras_content::ErrorKind::MissingName), [`ErrorKind::InvalidReference`](oras_content::ErrorKind::InvalidReference): `tag` cannot be a name.
pub async fn tag<T: Target>(target: &T, reference: &str, tag: &str) -> Result<Descriptor> {
    tag_n(target, reference, &[tag]).await
}

/// Gives each of `tags` to what `reference` resolves to. The manifest is read once.
///
/// # Errors
///
/// As [`tag`]; [`ErrorKind::MissingName`](oras_content::ErrorKind::MissingName) where there are no tags. Tags given before the failure stay.
pub async fn tag_n<T: Target>(target: &T, reference: &str, tags: &[&str]) -> Result<Descriptor> {
    if tags.is_empty() {
        return Err(Error::missing_name(format!("tagging {reference}")));
    }
    let root = resolve_root(target, reference, MAX_MANIFEST_BYTES).await;
    let root = root.map_err(|error| error.source)?;
    let content = match (root.content, target.reference_pusher()) {
        (Some(content), Some(_)) => Some(content),
        (None, Some(_)) => Some(target.fetch_all(&root.descriptor, MAX_MANIFEST_BYTES).await?),
        _ => None,
    };
    name_all(target, &root.descriptor, content, tags).await?;
    Ok(root.descriptor)
}

/// Pushes `bytes` and gives them each of `tags`, which may be none.
///
/// # Errors
///
/// As [`Pusher::push_opts`](oras_content::Pusher::push_opts).
pub async fn tag_bytes<T: Target>(
    target: &T,
    media_type: MediaType,
    bytes: impl Into<bytes::Bytes> + Send,
    tags: &[&str],
) -> Result<Descriptor> {
    let content = Verified::of(media_type, bytes);
    let descriptor = content.descriptor().clone();
    let pushes_by_name = target.reference_pusher().is_some() && descriptor.is_manifest();
    if tags.is_empty() || !pushes_by_name {
        target.push(&descriptor, content.clone().into()).await?;
    }
    name_all(target, &descriptor, pushes_by_name.then_some(content), tags).await?;
    Ok(descriptor)
}

/// By a push where the store takes content and name at once and the content is at hand; else by tagging.
async fn name_all<T: Target>(
    target: &T,
    descriptor: &Descriptor,
    content: Option<Verified>,
    tags: &[&str],
) -> Result<()> {
    let names = stream::iter(tags.iter().map(Ok));
    let content = &content;
    names
        .try_for_each_concurrent(METADATA_CONCURRENCY, |tag| async move {
            match (content, target.reference_pusher()) {
                (Some(content), Some(pusher)) => push(pusher, descriptor, content, tag).await,
                _ => target.tag(descriptor, tag).await,
            }
        })
        .await
}

async fn push(
    pusher: &dyn ReferencePusher,
    descriptor: &Descriptor,
    content: &Verified,
    tag: &str,
) -> Result<()> {
    pusher
        .push_reference(descriptor, content.clone().into(), tag)
        .await
}
