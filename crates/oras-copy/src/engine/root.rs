//! Roots: what a copy starts from.

use oras_content::{Descriptor, Name, ResolveOptions, Store, StoreExt, Tag, Verified};

use crate::{CopyError, Operation};

/// A graph to copy.
#[derive(Clone)]
pub(crate) struct Root {
    pub(crate) descriptor: Descriptor,
    /// The root's content, where it was read already.
    pub(crate) content: Option<Verified>,
    /// The tags to give it at the destination.
    pub(crate) tags: Vec<Tag>,
    /// Whether the copy made it, so that its content is here and nowhere else.
    pub(crate) is_made: bool,
}

impl Root {
    /// Lets go of the content where all that is held would be more than `limit` bytes: it is read again, unless the copy
    /// made it.
    pub(crate) fn keep_within(&mut self, limit: u64, held: &mut u64) {
        let size = self
            .content
            .as_ref()
            .map_or(0, |content| content.bytes().len() as u64);
        match self.is_made || held.saturating_add(size) <= limit {
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
            is_made: false,
        }
    }
}

impl From<Verified> for Root {
    fn from(content: Verified) -> Self {
        Self {
            descriptor: content.descriptor().clone(),
            content: Some(content),
            tags: Vec::new(),
            is_made: false,
        }
    }
}

/// Resolves a tag or digest, with the bytes of the manifest.
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
