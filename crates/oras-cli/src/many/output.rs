//! Output: the layout that several repositories are written to.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use oras::content::{Batch as _, Writer};
use oras::{Error, LayoutBatch, LayoutStore, MemoryStore, Store, StoreExt, TarLayoutWriter};
use tokio::sync::OnceCell;

use crate::layouts;

/// A layout that many copies write to at the same time. It is a folder, created with the first content, whose index changes
/// once for all copies; or an archive.
pub(crate) struct Output {
    path: PathBuf,
    /// The layout as it was before; for an archive, the archive being written.
    before: Arc<dyn Store>,
    /// The batch for the folder, once there is something to write.
    batch: OnceCell<LayoutBatch>,
    archive: Option<TarLayoutWriter>,
    replaces: bool,
}

impl Output {
    pub(crate) async fn open(path: &Path) -> anyhow::Result<Self> {
        let (before, archive): (Arc<dyn Store>, _) = match layouts::is_archive(path) {
            true => layouts::replace(path).await?,
            false => {
                layouts::check_folder(path)?;
                (before(path).await?, None)
            }
        };
        Ok(Self {
            path: path.to_owned(),
            before,
            batch: OnceCell::new(),
            archive,
            replaces: path.is_file(),
        })
    }

    /// Returns the store for resolving names. A copy resolves a tag before it writes it, so that the batch need not be
    /// asked.
    pub(crate) fn names(&self) -> &dyn Store {
        &*self.before
    }

    /// Returns the store with everything written so far.
    pub(crate) fn store(&self) -> &dyn Store {
        match self.batch.get() {
            Some(batch) => batch,
            None => &*self.before,
        }
    }

    /// Returns the writer, and creates the folder if necessary.
    pub(crate) async fn writer(&self) -> oras::content::Result<&dyn Writer> {
        if self.archive.is_some() {
            return self.before.as_writer();
        }
        let begin = || async {
            let layout = LayoutStore::create(&self.path).await?;
            Ok::<_, Error>(LayoutBatch::new(&layout))
        };
        Ok(self.batch.get_or_try_init(begin).await?)
    }

    /// Makes the written content visible, and returns whether it is. An archive replaces an existing one only if it is
    /// complete.
    pub(crate) async fn finish(&self, is_whole: bool) -> anyhow::Result<bool> {
        if let Some(batch) = self.batch.get() {
            batch.flush().await?;
        }
        let Some(archive) = &self.archive else {
            return Ok(true);
        };
        let is_kept = is_whole || !self.replaces;
        if is_kept {
            archive.finish().await?;
        }
        Ok(is_kept)
    }
}

/// Opens the layout in a folder, or returns an empty store if it does not exist or a killed run only began to create it.
async fn before(folder: &Path) -> Result<Arc<dyn Store>, Error> {
    match LayoutStore::open(folder).await {
        Err(error) if error.is_not_found() => Ok(Arc::new(MemoryStore::new())),
        opened => Ok(Arc::new(opened?)),
    }
}
