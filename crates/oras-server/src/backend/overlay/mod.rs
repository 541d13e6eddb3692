//! Repositories that are read from another backend and changed only in memory.

mod layer;
mod repository;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use oras_content::{Result, Store};

use super::Backend;
use layer::Layer;
use repository::Overlaid;

/// A backend that takes pushes and deletions in memory, and leaves the backend below unchanged.
///
/// Content that is not in memory is read from below. Pushes and tags go to memory, and deleted content is hidden. All
/// changes are lost with the last clone of this backend. Uploads are in memory, too, whatever their size.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), oras_server::Error> {
/// use std::sync::Arc;
/// use oras_server::{FolderBackend, Server, ServerOptions};
///
/// # let dir = tempfile::tempdir().unwrap();
/// # let folder = dir.path();
/// let backend = FolderBackend::open(folder)?.with_memory_overlay();
/// let server = Server::start(ServerOptions::default().with_backend(Arc::new(backend))).await?;
/// # drop(server);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct OverlayBackend {
    below: Arc<dyn Backend>,
    layers: Arc<Mutex<BTreeMap<String, Arc<Layer>>>>,
}

impl OverlayBackend {
    /// Creates an overlay over `below`, which is only read.
    pub fn new(below: Arc<dyn Backend>) -> Self {
        Self {
            below,
            layers: Arc::default(),
        }
    }

    fn layers(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Layer>>> {
        self.layers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Backend for OverlayBackend {
    async fn open(&self, name: &str, create: bool) -> Result<Option<Arc<dyn Store>>> {
        let below = self.below.open(name, false).await?;
        let layer = {
            let mut layers = self.layers();
            match create || below.is_some() {
                true => Some(Arc::clone(layers.entry(name.to_owned()).or_default())),
                false => layers.get(name).cloned(),
            }
        };
        Ok(layer.map(|layer| Arc::new(Overlaid::new(layer, below)) as Arc<dyn Store>))
    }

    async fn names(&self, last: Option<&str>, limit: usize) -> Result<Vec<String>> {
        let mut names: BTreeSet<String> = self.below.names(last, limit).await?.into_iter().collect();
        let is_after = |name: &&String| last.is_none_or(|last| name.as_str() > last);
        names.extend(self.layers().keys().filter(is_after).cloned());
        Ok(names.into_iter().take(limit).collect())
    }
}
