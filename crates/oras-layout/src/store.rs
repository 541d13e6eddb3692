//! The store: a handle on a layout.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use oras_content::{Descriptor, Error, Result, StoreName};
use tokio::task::{JoinError, spawn_blocking};

use crate::LayoutOptions;
use crate::destination::Destination;
use crate::layout::Layout;
use crate::link::link;

/// An OCI image layout in a folder. Clones share their cache.
///
/// Any number of handles and processes may use one layout at the same time. `index.json` is replaced atomically, under
/// a lock on the file `.oras.lock` beside it, and changes of other writers are kept. Changes by tools that do not take
/// the lock are detected and read.
///
/// Content is identified by its digest, whatever media type it is requested with. A manifest may have up to
/// [`MAX_MANIFEST_BYTES`](oras_content::MAX_MANIFEST_BYTES).
///
/// Spec: image-spec v1.1, `image-layout.md`.
#[derive(Clone, Debug)]
pub struct LayoutStore {
    pub(crate) layout: Arc<Layout>,
}

impl LayoutStore {
    /// Opens the layout in `dir`, and creates it if the folder is missing or empty.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::Refused`](oras_content::ErrorKind::Refused): the folder has other content.
    /// - [`ErrorKind::Unsupported`](oras_content::ErrorKind::Unsupported): the version of the layout is not supported.
    /// - [`ErrorKind::InvalidManifest`](oras_content::ErrorKind::InvalidManifest): `index.json` cannot be parsed. It is
    ///   not changed.
    /// - [`ErrorKind::Storage`](oras_content::ErrorKind::Storage): the folder cannot be read or created.
    pub async fn create(dir: impl Into<PathBuf>) -> Result<Self> {
        Self::create_with(dir, LayoutOptions::default()).await
    }

    /// Returns `true` if there is a layout in `dir`, and `false` if [`create`](Self::create) can create one there.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), oras_content::Error> {
    /// use oras_layout::LayoutStore;
    ///
    /// let dir = tempfile::tempdir().unwrap();
    /// let layout = dir.path().join("layout");
    /// assert!(!LayoutStore::is_at(&layout).await?);
    /// LayoutStore::create(&layout).await?;
    /// assert!(LayoutStore::is_at(&layout).await?);
    /// assert!(LayoutStore::is_at(dir.path()).await.is_err());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::Refused`](oras_content::ErrorKind::Refused): the folder has other content, or the path is not a
    ///   folder.
    /// - [`ErrorKind::Unsupported`](oras_content::ErrorKind::Unsupported): the version of the layout is not supported.
    /// - [`ErrorKind::Storage`](oras_content::ErrorKind::Storage): the folder cannot be read.
    pub async fn is_at(dir: impl Into<PathBuf>) -> Result<bool> {
        let dir = dir.into();
        let looked = spawn_blocking({
            let dir = dir.clone();
            move || Layout::is_at(&dir)
        });
        finished(&dir, looked.await)
    }

    /// Like [`create`](Self::create), with options.
    ///
    /// # Errors
    ///
    /// As for [`create`](Self::create).
    pub async fn create_with(dir: impl Into<PathBuf>, opts: LayoutOptions) -> Result<Self> {
        Self::start(dir.into(), opts, Layout::create).await
    }

    /// Opens the layout in `dir`. Nothing is written, so the folder may be read-only.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::NotFound`](oras_content::ErrorKind::NotFound): there is no layout in the folder, or it lacks
    ///   `index.json`.
    /// - [`ErrorKind::Unsupported`](oras_content::ErrorKind::Unsupported): the version of the layout is not supported.
    /// - [`ErrorKind::InvalidManifest`](oras_content::ErrorKind::InvalidManifest): `index.json` cannot be parsed.
    /// - [`ErrorKind::Storage`](oras_content::ErrorKind::Storage): the folder cannot be read.
    pub async fn open(dir: impl Into<PathBuf>) -> Result<Self> {
        Self::open_with(dir, LayoutOptions::default()).await
    }

    /// Like [`open`](Self::open), with options.
    ///
    /// # Errors
    ///
    /// As for [`open`](Self::open).
    pub async fn open_with(dir: impl Into<PathBuf>, opts: LayoutOptions) -> Result<Self> {
        Self::start(dir.into(), opts, Layout::open).await
    }

    async fn start(
        dir: PathBuf,
        opts: LayoutOptions,
        open: fn(&Path, LayoutOptions) -> Result<Layout>,
    ) -> Result<Self> {
        let opened = spawn_blocking({
            let dir = dir.clone();
            move || open(&dir, opts)
        });
        let layout = finished(&dir, opened.await)?;
        Ok(Self {
            layout: Arc::new(layout),
        })
    }

    /// Returns the path of the layout.
    pub fn path(&self) -> &Path {
        self.layout.root()
    }

    /// Returns the entries of `index.json`, tagged or not, with their annotations.
    ///
    /// # Errors
    ///
    /// As for [`open`](Self::open).
    pub async fn roots(&self) -> Result<Vec<Descriptor>> {
        self.run(|layout| Ok(layout.index()?.entries().cloned().collect()))
            .await
    }

    /// Stores the content of `target` from another layout: by a hard link, or a copy if linking fails.
    ///
    /// The content is verified first. It is not an error if this layout has it already. A manifest is listed as by a
    /// push.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::NotFound`](oras_content::ErrorKind::NotFound): `other` does not have it.
    /// - [`ErrorKind::Verify`](oras_content::ErrorKind::Verify): the content in `other` does not match.
    /// - [`ErrorKind::Storage`](oras_content::ErrorKind::Storage): it cannot be read or written.
    pub async fn link_from(&self, other: &Self, target: &Descriptor) -> Result<()> {
        let (from, target) = (Arc::clone(&other.layout), target.clone());
        self.run(move |layout| link(layout, &from, &target)).await
    }

    pub(crate) async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Layout) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        run(&self.layout, job).await
    }
}

/// Runs a blocking call on a blocking thread.
pub(crate) async fn run<T: Send + 'static, D: Destination + ?Sized>(
    to: &Arc<D>,
    job: impl FnOnce(&D) -> Result<T> + Send + 'static,
) -> Result<T> {
    let shared = Arc::clone(to);
    // The permit is not moved to the thread: the next call would find it still busy, and start another.
    let _turn = to.blobs().turn().await;
    finished_in(to.root(), &to.name(), spawn_blocking(move || job(&shared)).await)
}

/// The result of a job on a layout. A panic in it is resumed here.
pub(crate) fn finished<T>(root: &Path, done: Result<Result<T>, JoinError>) -> Result<T> {
    finished_in(root, &store_name(root), done)
}

/// Like [`finished`], for the store of this name in the folder `root`.
pub(crate) fn finished_in<T>(
    root: &Path,
    store: &StoreName,
    done: Result<Result<T>, JoinError>,
) -> Result<T> {
    let done = done.unwrap_or_else(|error| match error.try_into_panic() {
        Ok(panic) => std::panic::resume_unwind(panic),
        Err(stopped) => Err(Error::storage(root.display(), stopped)),
    });
    done.map_err(|error| error.in_store(store))
}

/// The name of a layout in errors: its folder or archive.
pub(crate) fn store_name(root: &Path) -> StoreName {
    StoreName::Layout(root.display().to_string().into())
}
