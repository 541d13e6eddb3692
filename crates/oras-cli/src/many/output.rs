//! Output: the one layout that many repositories are written to.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use oras::content::{Batch as _, Writer};
use oras::{Error, LayoutBatch, LayoutStore, MemoryStore, Store, StoreExt, TarLayoutWriter};
use tokio::sync::OnceCell;

use crate::layouts;

/// A layout that many copies write to at the same time: a folder, which is made for the first content and whose index
/// changes once for all of them, or an archive.
pub(crate) struct Output {
    path: PathBuf,
    /// What was there before; of an archive, what is written.
    before: Arc<dyn Store>,
    /// The folder, once there is something to write.
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

    /// What names are resolved with. A copy looks at a tag before it writes it, so that the batch need not be asked.
    pub(crate) fn names(&self) -> &dyn Store {
        &*self.before
    }

    /// What is there by now.
    pub(crate) fn store(&self) -> &dyn Store {
        match self.batch.get() {
            Some(batch) => batch,
            None => &*self.before,
        }
    }

    /// What is written with.
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

    /// Makes what was written visible; whether it is. An archive takes the place of another only where it has all.
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

/// The layout in a folder, or nothing where it is yet to be made: a run that was killed may have begun to.
async fn before(folder: &Path) -> Result<Arc<dyn Store>, Error> {
    match LayoutStore::open(folder).await {
        Err(error) if error.is_not_found() => Ok(Arc::new(MemoryStore::new())),
        opened => Ok(Arc::new(opened?)),
    }
}
