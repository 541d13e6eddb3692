//! Tagging content.

use oras_content::{
    Descriptor, Error, IntoName, MAX_MANIFEST_BYTES, MediaType, PushOptions, Result, StoreExt, Tag, Verified,
    Writer,
};

use crate::engine::resolve_root;
use crate::lend::lend;

/// Sets `tag` on the content that `name` resolves to.
///
/// # Errors
///
/// - [`ErrorKind::NotFound`](oras_content::ErrorKind::NotFound): `name` does not exist.
/// - [`ErrorKind::MissingName`](oras_content::ErrorKind::MissingName): `name` is empty.
/// - [`ErrorKind::InvalidReference`](oras_content::ErrorKind::InvalidReference): `tag` is not a valid tag.
pub async fn tag<W>(store: &W, name: impl IntoName, tag: &str) -> Result<Descriptor>
where
    W: Writer + ?Sized,
{
    tag_n(store, name, &[tag]).await
}

/// Sets each of `tags` on the content that `name` resolves to. The manifest is read once, and the tags are set together
/// if the store supports it.
///
/// # Errors
///
/// As for [`tag`]. [`ErrorKind::MissingName`](oras_content::ErrorKind::MissingName) if `tags` is empty. Tags set before
/// a failure stay.
pub async fn tag_n<W>(store: &W, name: impl IntoName, tags: &[&str]) -> Result<Descriptor>
where
    W: Writer + ?Sized,
{
    let name = store.named(name)?;
    if tags.is_empty() {
        return Err(Error::missing_name(format!("tagging {name}")));
    }
    let options = PushOptions::default().with_tags(parse(tags)?);
    let root = resolve_root(&store, &name, MAX_MANIFEST_BYTES).await;
    let root = root.map_err(|error| error.source)?;
    let target = root.descriptor;
    match root.content {
        Some(content) => store.push_opts(&target, content.into(), options).await,
        // The content is present, so it is not read again.
        None => {
            lend(&store, &target, |payload| {
                store.push_opts(&target, payload, options)
            })
            .await
        }
    }?;
    Ok(target)
}

/// Pushes `bytes` and sets each of `tags`, which may be empty.
///
/// # Errors
///
/// As for [`Writer::push_opts`].
pub async fn tag_bytes<W>(
    store: &W,
    media_type: MediaType,
    bytes: impl Into<bytes::Bytes> + Send,
    tags: &[&str],
) -> Result<Descriptor>
where
    W: Writer + ?Sized,
{
    let content = Verified::of(media_type, bytes);
    let descriptor = content.descriptor().clone();
    let options = PushOptions::default().with_tags(parse(tags)?);
    store.push_opts(&descriptor, content.into(), options).await?;
    Ok(descriptor)
}

fn parse(tags: &[&str]) -> Result<Vec<Tag>> {
    let tags = tags.iter().map(|tag| tag.parse::<Tag>());
    Ok(tags.collect::<Result<_, _>>()?)
}
