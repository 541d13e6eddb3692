//! The store: a handle on a layout.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use oras_content::{Descriptor, Error, Result, StoreName};
use tokio::task::{JoinError, spawn_blocking};

use crate::LayoutOptions;
use crate::destination::Destination;
use crate::layout::Layout;
use crate::link::link;

/// An OCI image layout in a folder. Clones share what they know of it.
///
/// Any number of handles and processes may use one layout at the same time: `index.json` is replaced as a whole, under
/// a lock on the file `.oras.lock` beside it, and what others wrote meanwhile is kept. Changes that tools make without
/// that lock are noticed and read.
///
/// Content is known by its digest, whatever media type it is asked for under. A manifest may have up to
/// [`MAX_MANIFEST_BYTES`](oras_content::MAX_MANIFEST_BYTES).
///
/// Spec: image-spec v1.1, `image-layout.md`.
#[derive(Clone, Debug)]
pub struct LayoutStore {
    pub(crate) layout: Arc<Layout>,
}

impl LayoutStore {
    /// Opens the layout in `dir`, and creates it where the folder is missing or empty.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::Refused`](oras_content::ErrorKind::Refused): the folder has something else in it.
    /// - [`ErrorKind::Unsupported`](oras_content::ErrorKind::Unsupported): the layout is of a version that is not known.
    /// - [`ErrorKind::InvalidManifest`](oras_content::ErrorKind::InvalidManifest): `index.json` cannot be read; it is left as it is.
    /// - [`ErrorKind::Storage`](oras_content::ErrorKind::Storage): the folder cannot be read, or not created.
    pub async fn create(dir: impl Into<PathBuf>) -> Result<Self> {
        Self::create_with(dir, LayoutOptions::default()).await
    }

    /// Whether there is a layout in `dir`. Where there is none, [`create`](Self::create) can make one there.
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
    /// - [`ErrorKind::Refused`](oras_content::ErrorKind::Refused): the folder has something else in it, or is none.
    /// - [`ErrorKind::Unsupported`](oras_content::ErrorKind::Unsupported): the layout is of a version that is not known.
    /// - [`ErrorKind::Storage`](oras_content::ErrorKind::Storage): the folder cannot be read.
    pub async fn is_at(dir: impl Into<PathBuf>) -> Result<bool> {
        let dir = dir.into();
        let looked = spawn_blocking({
            let dir = dir.clone();
            move || Layout::is_at(&dir)
        });
        finished(&dir, looked.await)
    }

    /// As [`create`](Self::create), with options.
    ///
    /// # Errors
    ///
    /// As [`create`](Self::create).
    pub async fn create_with(dir: impl Into<PathBuf>, opts: LayoutOptions) -> Result<Self> {
        Self::start(dir.into(), opts, Layout::create).await
    }

    /// Opens the layout in `dir`. Nothing is written, so the folder may be read-only.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::NotFound`](oras_content::ErrorKind::NotFound): there is no layout in the folder, or it lacks `index.json`.
    /// - [`ErrorKind::Unsupported`](oras_content::ErrorKind::Unsupported): the layout is of a version that is not known.
    /// - [`ErrorKind::InvalidManifest`](oras_content::ErrorKind::InvalidManifest): `index.json` cannot be read.
    /// - [`ErrorKind::Storage`](oras_content::ErrorKind::Storage): the folder cannot be read.
    pub async fn open(dir: impl Into<PathBuf>) -> Result<Self> {
        Self::open_with(dir, LayoutOptions::default()).await
    }

    /// As [`open`](Self::open), with options.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
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

    /// The folder of the layout.
    pub fn path(&self) -> &Path {
        self.layout.root()
    }

    /// What `index.json` lists, tagged or not, with the annotations that it has there.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub async fn roots(&self) -> Result<Vec<Descriptor>> {
        self.run(|layout| Ok(layout.index()?.entries().cloned().collect()))
            .await
    }

    /// Takes the content of `target` over from another layout: by a hard link, or a copy where links fail.
    ///
    /// It is verified first, and it is no error where this layout has it already. A manifest is listed as by a push.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::NotFound`](oras_content::ErrorKind::NotFound): `other` does not have it.
    /// - [`ErrorKind::Verify`](oras_content::ErrorKind::Verify): what `other` has is something else.
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

/// Runs a call that blocks where it may.
pub(crate) async fn run<T: Send + 'static, D: Destination + ?Sized>(
    to: &Arc<D>,
    job: impl FnOnce(&D) -> Result<T> + Send + 'static,
) -> Result<T> {
    let shared = Arc::clone(to);
    // Not given to the thread: the next call would find it busy still, and start another.
    let _turn = to.blobs().turn().await;
    finished_in(to.root(), &to.name(), spawn_blocking(move || job(&shared)).await)
}

/// The result of a job on a layout; a panic in it goes on here.
pub(crate) fn finished<T>(root: &Path, done: Result<Result<T>, JoinError>) -> Result<T> {
    finished_in(root, &store_name(root), done)
}

/// As [`finished`], on the store of this name in the folder `root`.
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
