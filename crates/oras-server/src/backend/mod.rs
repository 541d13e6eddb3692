//! Backends: the storage of repositories.

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

/// The repositories of a registry. Any store can be one.
///
/// Missing capabilities of a store are answered with `UNSUPPORTED`: uploads need its [`stager`](Store::stager), deletions
/// its [`deleter`](Store::deleter). Blobs are looked up by [`resolve_opts`](Store::resolve_opts) with a digest, which must
/// return their size.
///
/// Names are checked against the grammar of distribution-spec before they reach a backend.
#[async_trait]
pub trait Backend: Debug + Send + Sync {
    /// Opens the repository of this name; with `create`, a missing one is created.
    ///
    /// Returns `None` if it does not exist or cannot exist under this name.
    ///
    /// # Errors
    ///
    /// The repository cannot be opened or created.
    async fn open(&self, name: &str, create: bool) -> Result<Option<Arc<dyn Store>>>;

    /// Returns the names of the repositories after `last`, in lexical order, at most `limit` of them.
    ///
    /// # Errors
    ///
    /// The repositories cannot be listed.
    async fn names(&self, last: Option<&str>, limit: usize) -> Result<Vec<String>>;

    /// Makes the content of `target` in the repository `from` available in the repository `to`, which is created if
    /// necessary. Returns whether it did: `from` may not exist or may lack the content.
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

    /// Whether the backend is read-only. Default: no.
    fn is_read_only(&self) -> bool {
        false
    }
}
