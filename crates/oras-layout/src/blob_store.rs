//! The store of blobs: a handle on a folder of content, without names.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt, TryStreamExt};
use oras_content::{
    ContentLister, Deleter, Descriptor, Error, Name, OpenOptions, Opened, Payload, PushOptions, Pushed,
    ResolveOptions, Resolved, Result, Stager, Store, StoreName, Tag, Writer,
};
use tokio::task::spawn_blocking;

use crate::blob_folder::BlobFolder;
use crate::destination::Destination;
use crate::store::{finished_in, run};
use crate::writer::BlobWriter;
use crate::{BlobStoreOptions, reader};

/// Content by digest in a folder, in files `blobs/<algorithm>/<hex>`: an image layout without `index.json` and without
/// tags.
///
/// Any number of handles and processes may use one folder at the same time. A file is renamed to its final name when it
/// is complete and verified, and is read-only from then on. A manifest is content like any other: its children are not
/// checked, and its predecessors are not found.
///
/// Content that is pushed again gets a new modification time, so that the folder can be cleared by age.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), oras_content::Error> {
/// use oras_content::{MediaType, StoreExt, WriterExt};
/// use oras_layout::BlobStore;
///
/// let dir = tempfile::tempdir().unwrap();
/// let store = BlobStore::create(dir.path()).await?;
/// let hello = store.push_bytes(MediaType::from_static("text/plain"), "hello").await?;
/// assert!(dir.path().join("blobs/sha256").join(hello.digest.encoded()).exists());
///
/// let again = BlobStore::open(dir.path()).await?;
/// let found = again.resolve(&hello.digest).await?;
/// assert_eq!(again.fetch_all(&found, 1024).await?.bytes(), "hello");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct BlobStore {
    pub(crate) folder: Arc<BlobFolder>,
}

impl BlobStore {
    /// Opens the store in `dir`, and creates the folder if it is missing.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Storage`](oras_content::ErrorKind::Storage): the folder cannot be created.
    pub async fn create(dir: impl Into<PathBuf>) -> Result<Self> {
        Self::create_with(dir, BlobStoreOptions::default()).await
    }

    /// Like [`create`](Self::create), with options.
    ///
    /// # Errors
    ///
    /// As for [`create`](Self::create).
    pub async fn create_with(dir: impl Into<PathBuf>, opts: BlobStoreOptions) -> Result<Self> {
        Self::start(dir.into(), opts, BlobFolder::create).await
    }

    /// Opens the store in `dir`. Nothing is written, so the folder may be read-only.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](oras_content::ErrorKind::NotFound): there is no such folder.
    pub async fn open(dir: impl Into<PathBuf>) -> Result<Self> {
        Self::open_with(dir, BlobStoreOptions::default()).await
    }

    /// Like [`open`](Self::open), with options.
    ///
    /// # Errors
    ///
    /// As for [`open`](Self::open).
    pub async fn open_with(dir: impl Into<PathBuf>, opts: BlobStoreOptions) -> Result<Self> {
        Self::start(dir.into(), opts, BlobFolder::open).await
    }

    async fn start(
        dir: PathBuf,
        opts: BlobStoreOptions,
        open: fn(&Path, BlobStoreOptions) -> Result<BlobFolder>,
    ) -> Result<Self> {
        let name = StoreName::Folder(dir.display().to_string().into());
        let opened = spawn_blocking({
            let dir = dir.clone();
            move || open(&dir, opts)
        });
        let folder = Arc::new(finished_in(&dir, &name, opened.await)?);
        Ok(Self { folder })
    }

    /// Returns the path of the folder.
    pub fn path(&self) -> &Path {
        self.folder.root()
    }

    async fn take(&self, expected: &Descriptor, payload: Payload, force: bool) -> Result<Pushed> {
        if !force && self.holds(expected).await? {
            return Ok(Pushed::Present);
        }
        if payload.as_verified().is_none() {
            let to = Arc::clone(&self.folder);
            return BlobWriter::store(to, expected, payload, force).await;
        }
        let content = payload.read_all(expected).await?;
        self.run(move |folder| folder.keep(&content)).await?;
        Ok(Pushed::Stored)
    }

    async fn holds(&self, target: &Descriptor) -> Result<bool> {
        let target = target.clone();
        self.run(move |folder| Ok(folder.has(&target)? && folder.rely(&target)?))
            .await
    }

    async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&BlobFolder) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        run(&self.folder, job).await
    }
}

impl fmt::Display for BlobStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.path().display().fmt(f)
    }
}

/// Names are digests. The descriptor of a digest has only its size.
#[async_trait]
impl Store for BlobStore {
    async fn open(&self, target: &Descriptor, opts: OpenOptions) -> Result<Opened> {
        let target = target.clone();
        self.run(move |folder| {
            let file = folder.blobs().open(&target)?;
            reader::open(file, target.digest.to_string(), 0, target.size, opts)
        })
        .await
    }

    async fn resolve_opts(&self, name: &Name, _: ResolveOptions) -> Result<Resolved> {
        let name = name.clone();
        self.run(move |folder| Ok(folder.resolve(&name)?.into())).await
    }

    async fn exists(&self, target: &Descriptor) -> Result<bool> {
        let target = target.clone();
        self.run(move |folder| folder.has(&target)).await
    }

    fn writer(&self) -> Option<&dyn Writer> {
        Some(self)
    }

    fn stager(&self) -> Option<&dyn Stager> {
        Some(self)
    }

    fn deleter(&self) -> Option<&dyn Deleter> {
        Some(self)
    }

    fn content_lister(&self) -> Option<&dyn ContentLister> {
        Some(self)
    }
}

/// There are no tags: a push with tags fails with [`ErrorKind::Unsupported`](oras_content::ErrorKind::Unsupported), and
/// stores nothing.
#[async_trait]
impl Writer for BlobStore {
    async fn push_opts(&self, expected: &Descriptor, payload: Payload, opts: PushOptions) -> Result<Pushed> {
        match opts.tags.first() {
            Some(tag) => Err(self.without_tags(tag)),
            None => self.take(expected, payload, opts.force).await,
        }
    }

    async fn set_tag(&self, _: &Descriptor, tag: &Tag) -> Result<()> {
        Err(self.without_tags(tag))
    }
}

impl BlobStore {
    fn without_tags(&self, tag: &Tag) -> Error {
        let what = format!("the tag {tag} in a store of blobs without names");
        Error::unsupported(what).in_store(&self.folder.name())
    }
}

#[async_trait]
impl Deleter for BlobStore {
    async fn delete(&self, target: &Descriptor) -> Result<()> {
        let digest = target.digest.clone();
        self.run(move |folder| folder.delete(&digest)).await
    }
}

/// All content has the media type `application/octet-stream`, because its own is not recorded.
impl ContentLister for BlobStore {
    fn contents(&self) -> BoxStream<'_, Result<Descriptor>> {
        stream::once(self.run(BlobFolder::contents))
            .map_ok(|found| stream::iter(found.into_iter().map(Ok)))
            .try_flatten()
            .boxed()
    }
}
