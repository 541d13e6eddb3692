//! Removing content and tags.

use async_trait::async_trait;

use crate::{Descriptor, Result, Tag};

/// A store that content can be removed from.
#[async_trait]
pub trait Deleter: Send + Sync {
    /// Removes the content of `target` and every tag on it.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::NotFound`](crate::ErrorKind::NotFound): the store does not have it.
    /// - [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported): the store does not delete.
    async fn delete(&self, target: &Descriptor) -> Result<()>;
}

/// A store that tags can be removed from.
#[async_trait]
pub trait Untagger: Send + Sync {
    /// Removes a tag. The content stays.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::NotFound`](crate::ErrorKind::NotFound): there is no such tag.
    /// - [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported): the store does not remove tags.
    async fn untag(&self, tag: &Tag) -> Result<()>;
}
