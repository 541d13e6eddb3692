//! Roots: the starting points of a copy.

use oras_content::{Descriptor, Name, ResolveOptions, Store, StoreExt, Tag, Verified};

use crate::{CopyError, Operation};

/// The root of a graph to copy.
#[derive(Clone)]
pub(crate) struct Root {
    pub(crate) descriptor: Descriptor,
    /// The root's content, if it was already read.
    pub(crate) content: Option<Verified>,
    /// The tags to set at the destination.
    pub(crate) tags: Vec<Tag>,
    /// Whether the copy created this root, so that its content exists only here.
    pub(crate) is_generated: bool,
}

impl Root {
    /// Releases the content if that would bring the bytes held above `limit`; it is read again later. Content created
    /// by the copy is always kept.
    pub(crate) fn keep_within(&mut self, limit: u64, held: &mut u64) {
        let size = self
            .content
            .as_ref()
            .map_or(0, |content| content.bytes().len() as u64);
        match self.is_generated || held.saturating_add(size) <= limit {
            true => *held = held.saturating_add(size),
            false => self.content = None,
        }
    }
}

impl From<Descriptor> for Root {
    fn from(descriptor: Descriptor) -> Self {
        Self {
            descriptor,
            content: None,
            tags: Vec::new(),
            is_generated: false,
        }
    }
}

impl From<Verified> for Root {
    fn from(content: Verified) -> Self {
        Self {
            descriptor: content.descriptor().clone(),
            content: Some(content),
            tags: Vec::new(),
            is_generated: false,
        }
    }
}

/// Resolves a tag or digest and reads the manifest.
pub(crate) async fn resolve_root(source: &dyn Store, name: &Name, limit: u64) -> Result<Root, CopyError> {
    let opts = ResolveOptions::default().with_read(limit);
    let resolved = source.resolve_opts(name, opts).await;
    let resolved = resolved.map_err(CopyError::source(Operation::Resolve))?;
    match resolved.content {
        Some(content) => Ok(content.into()),
        None if !resolved.descriptor.is_manifest() => Ok(resolved.descriptor.into()),
        None => {
            let content = source.fetch_all(&resolved.descriptor, limit).await;
            Ok(content.map_err(CopyError::source(Operation::Fetch))?.into())
        }
    }
}
