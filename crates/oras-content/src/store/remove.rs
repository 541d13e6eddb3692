//! Removing content and tags.

use async_trait::async_trait;

use crate::{Descriptor, Result, Tag};

/// A store that can remove content.
#[async_trait]
pub trait Deleter: Send + Sync {
    /// Removes the content of `target` and all its tags.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::NotFound`](crate::ErrorKind::NotFound): the store does not have it.
    /// - [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported): the store does not delete content.
    async fn delete(&self, target: &Descriptor) -> Result<()>;
}

/// A store that can remove tags.
#[async_trait]
pub trait Untagger: Send + Sync {
    /// Removes a tag. Its content stays.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::NotFound`](crate::ErrorKind::NotFound): the tag does not exist.
    /// - [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported): the store does not remove tags.
    async fn untag(&self, tag: &Tag) -> Result<()>;
}
