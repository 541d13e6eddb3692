//! Roots: what a copy starts from.

use oras_content::{Descriptor, FetcherExt, ReadOnlyTarget, Verified};

use crate::{CopyError, Operation};

/// A graph to copy.
pub(crate) struct Root {
    pub(crate) descriptor: Descriptor,
    /// The root's content, where it was read already.
    pub(crate) content: Option<Verified>,
    /// The name to give it at the destination.
    pub(crate) tag: Option<String>,
}

impl From<Descriptor> for Root {
    fn from(descriptor: Descriptor) -> Self {
        Self {
            descriptor,
            content: None,
            tag: None,
        }
    }
}

impl From<Verified> for Root {
    fn from(content: Verified) -> Self {
        Self {
            descriptor: content.descriptor().clone(),
            content: Some(content),
            tag: None,
        }
    }
}

/// Resolves a tag or digest, with the bytes of the manifest.
pub(crate) async fn resolve_root<S>(source: &S, reference: &str, limit: u64) -> Result<Root, CopyError>
where
    S: ReadOnlyTarget + ?Sized,
{
    if let Some(fetcher) = source.reference_fetcher() {
        let content = fetcher.fetch_reference(reference, limit).await;
        return Ok(content.map_err(CopyError::source(Operation::Resolve))?.into());
    }
    let descriptor = source.resolve(reference).await;
    let descriptor = descriptor.map_err(CopyError::source(Operation::Resolve))?;
    if !descriptor.is_manifest() {
        return Ok(descriptor.into());
    }
    let content = source.fetch_all(&descriptor, limit).await;
    Ok(content.map_err(CopyError::source(Operation::Fetch))?.into())
}
