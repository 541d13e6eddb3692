//! Backends: where repositories are kept.

mod folder;
mod memory;
mod overlay;
mod store;

use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;
use oras_content::{Descriptor, OpenOptions, Payload, Result, Store, StoreExt, WriterExt};

pub use folder::FolderBackend;
pub use memory::MemoryBackend;
pub use overlay::OverlayBackend;
pub use store::StoreBackend;

/// The repositories of a registry. Any store can be served as one.
///
/// What a store lacks is answered with `UNSUPPORTED`: uploads need its [`stager`](Store::stager), deletions its
/// [`deleter`](Store::deleter). Blobs are found by [`resolve_opts`](Store::resolve_opts) with a digest, which therefore has
/// to know their size.
///
/// Names were checked against the grammar of distribution-spec before a backend sees them.
#[async_trait]
pub trait Backend: Debug + Send + Sync {
    /// The repository of this name; with `create` it is made where it is not there.
    ///
    /// `None` where there is none, and none can be made under this name.
    ///
    /// # Errors
    ///
    /// The repository cannot be opened or made.
    async fn open(&self, name: &str, create: bool) -> Result<Option<Arc<dyn Store>>>;

    /// The names of the repositories in lexical order: only those after `last`, and at most `limit` of them.
    ///
    /// # Errors
    ///
    /// The repositories cannot be listed.
    async fn names(&self, last: Option<&str>, limit: usize) -> Result<Vec<String>>;

    /// Makes the content of `target` in the repository `from` available in the repository `to`, which is made where
    /// it is not there. Tells whether it did: `from` may lack the content or not be there at all.
    ///
    /// # Errors
    ///
    /// A repository failed.
    async fn mount(&self, from: &str, to: &str, target: &Descriptor) -> Result<bool> {
        let Some(from) = self.open(from, false).await? else {
            return Ok(false);
        };
        if !from.exists(target).await? {
            return Ok(false);
        }
        let Some(to) = self.open(to, true).await? else {
            return Ok(false);
        };
        let opened = from.open(target, OpenOptions::default()).await?;
        to.as_writer()?
            .push(target, Payload::once(opened.content))
            .await?;
        Ok(true)
    }

    /// Whether nothing can be written; it can unless a backend says otherwise.
    fn is_read_only(&self) -> bool {
        false
    }
}
