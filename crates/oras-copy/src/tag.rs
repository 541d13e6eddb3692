//! Giving names to content.

use oras_content::{
    Descriptor, Error, IntoName, MAX_MANIFEST_BYTES, MediaType, PushOptions, Result, StoreExt, Tag, Verified,
    Writer,
};

use crate::engine::resolve_root;
use crate::lend::lend;

/// Gives the tag `tag` to what `name` resolves to.
///
/// # Errors
///
/// - [`ErrorKind::NotFound`](oras_content::ErrorKind::NotFound): nothing has the name `name`.
/// - [`ErrorKind::MissingName`](oras_content::ErrorKind::MissingName): `name` is empty.
/// - [`ErrorKind::InvalidReference`](oras_content::ErrorKind::InvalidReference): `tag` cannot be a tag.
pub async fn tag<W>(store: &W, name: impl IntoName, tag: &str) -> Result<Descriptor>
where
    W: Writer + ?Sized,
{
    tag_n(store, name, &[tag]).await
}

/// Gives each of `tags` to what `name` resolves to. The manifest is read once, and the tags are given at once where the
/// store can.
///
/// # Errors
///
/// As [`tag`]; [`ErrorKind::MissingName`](oras_content::ErrorKind::MissingName) where there are no tags. Tags given
/// before the failure stay.
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
        // It is there, so that it is not read again.
        None => {
            lend(&store, &target, |payload| {
                store.push_opts(&target, payload, options)
            })
            .await
        }
    }?;
    Ok(target)
}

/// Pushes `bytes` and gives them each of `tags`, which may be none.
///
/// # Errors
///
/// As [`Writer::push_opts`].
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
