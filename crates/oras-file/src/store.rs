//! `FileStore`: a folder, and its implementation of the storage traits.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use oras_content::{
    ContentLister, Descriptor, Error, Limited, Name, OpenOptions, Opened, PredecessorFinder, Reopen,
    ResolveOptions, Resolved, Result, Stager, Store, StoreExt, StoreName, Tag, TagListOptions, TagLister,
    Writer,
};
use oras_memory::MemoryStore;

use crate::FileOptions;
use crate::fallback::Fallback;
use crate::source::FileSource;
use crate::state::Shared;
use crate::title::Title;

/// A store of named files in a folder. Clones share their state.
///
/// Content with a title is stored in the file of that name. Everything else, and every manifest, is kept in memory or
/// in the store given to [`with_fallback`](Self::with_fallback). Content is read from its file when it is fetched, so
/// files must not change; a changed file fails verification.
///
/// With [`FileOptions::read_only`], no files are written: the store only has the files [added](Self::add) to it.
///
/// Titles are cleaned: `./a//b/../c` becomes `a/c`. A title is rejected if it is absolute, leaves the folder by `..` or
/// through a link, belongs to other content, or names an existing link, pipe or device. On Linux, another process that
/// swaps folders for links meanwhile cannot redirect writes outside the folder. The title `.` names the folder itself:
/// archives are unpacked into it, alongside existing files, and nothing else may use it.
#[derive(Clone, Debug)]
pub struct FileStore {
    pub(crate) dir: Arc<Path>,
    pub(crate) opts: FileOptions,
    pub(crate) state: Shared,
    pub(crate) fallback: Fallback,
}

impl FileStore {
    /// Creates a store in the folder `dir`, which is created when the first file is written.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self::with_options(dir, FileOptions::default())
    }

    /// Like [`new`](Self::new), with options.
    pub fn with_options(dir: impl Into<PathBuf>, opts: FileOptions) -> Self {
        let memory = Limited::new(MemoryStore::new(), opts.fallback_limit);
        Self::with_fallback(dir, opts, Arc::new(memory))
    }

    /// Like [`with_options`](Self::with_options), but stores manifests and content without a title in `fallback`,
    /// whatever their size. Manifests are first read into memory, up to [`FileOptions::fallback_limit`].
    ///
    /// The store can list content and find predecessors if `fallback` can. For a manifest that was already in
    /// `fallback`, [`exists`](Store::exists) returns `false` until it is pushed to this store, because its files may be
    /// missing.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), oras_content::Error> {
    /// use std::sync::Arc;
    ///
    /// use oras_content::{MediaType, Store, WriterExt};
    /// use oras_file::{FileOptions, FileStore};
    /// use oras_memory::{MemoryOptions, MemoryStore};
    ///
    /// # let dir = tempfile::tempdir().unwrap();
    /// let memory = MemoryStore::with_options(MemoryOptions::default().with_limit(64 << 20));
    /// let fallback = Arc::new(memory.clone());
    /// let store = FileStore::with_fallback(dir.path(), FileOptions::default(), fallback);
    /// let unnamed = store.push_bytes(MediaType::OCTET_STREAM, vec![0; 5 << 20]).await?;
    /// assert!(memory.exists(&unnamed).await?);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// A fallback need not support tags. A folder of blobs keeps its content for the next run:
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), oras_content::Error> {
    /// use std::sync::Arc;
    ///
    /// use oras_content::{Descriptor, ImageManifest, MediaType, Store, WriterExt};
    /// use oras_file::{FileOptions, FileStore};
    /// use oras_layout::BlobStore;
    ///
    /// # let (files, cache) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    /// let blobs = BlobStore::create(cache.path()).await?;
    /// let store = FileStore::with_fallback(files.path(), FileOptions::default(), Arc::new(blobs));
    /// store.push_bytes(MediaType::OCI_EMPTY, "{}").await?;
    /// let manifest = ImageManifest::new(Descriptor::empty_json()).to_content();
    /// let pushed = store.push_bytes(MediaType::OCI_MANIFEST, manifest.bytes().clone()).await?;
    /// store.tag(&pushed, "v1").await?;
    ///
    /// assert!(BlobStore::open(cache.path()).await?.exists(&pushed).await?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn with_fallback(dir: impl Into<PathBuf>, opts: FileOptions, fallback: Arc<dyn Writer>) -> Self {
        Self {
            dir: dir.into().into(),
            opts,
            state: Shared::default(),
            fallback: Fallback(fallback),
        }
    }

    /// Returns the path of the folder.
    pub fn path(&self) -> &Path {
        &self.dir
    }

    /// Returns what pulls refuse by default of the folders that were [added](Self::add) or [pushed](Self::push_folder),
    /// such as links that point outside; at most 100 entries per folder, and any exceeded limits. Each error says what
    /// is refused and why.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), oras_content::Error> {
    /// use oras_file::FileStore;
    ///
    /// # let dir = tempfile::tempdir().unwrap();
    /// std::fs::create_dir(dir.path().join("docs")).unwrap();
    /// # #[cfg(unix)]
    /// std::os::unix::fs::symlink("/etc/hosts", dir.path().join("docs/hosts")).unwrap();
    /// let store = FileStore::new(dir.path());
    /// store.add("docs", None, None).await?;
    /// # #[cfg(unix)]
    /// assert_eq!(store.refusals()[0].to_string(), r#"refused to unpack "docs/hosts""#);
    /// # Ok(())
    /// # }
    /// ```
    pub fn refusals(&self) -> Vec<Error> {
        self.state.lock().refusals.clone()
    }

    /// Returns the title of `target`, if it has one. A manifest is never a file, whatever its annotations.
    pub(crate) fn title(&self, target: &Descriptor) -> Result<Option<Title>> {
        if target.is_manifest() {
            return Ok(None);
        }
        let parse = |title| Title::parse(title, self.opts.allow_path_traversal);
        target.title().map(parse).transpose()
    }

    /// Adds this folder to an error.
    pub(crate) fn in_folder<T>(&self, done: Result<T>) -> Result<T> {
        done.map_err(|error| error.in_store(&StoreName::Folder(self.dir.display().to_string().into())))
    }

    /// Whether the content is present under any name or none.
    pub(crate) async fn has(&self, target: &Descriptor) -> Result<bool> {
        Ok(self.state.lock().file(target, None).is_some() || self.fallback.exists(target).await?)
    }

    /// Whether content without a title is present; for a manifest, with its files.
    pub(crate) async fn has_unnamed(&self, target: &Descriptor) -> Result<bool> {
        let is_known = !target.is_manifest() || self.state.lock().manifests.contains(&target.digest);
        Ok(is_known && self.has(target).await?)
    }

    pub(crate) async fn read(&self, target: &Descriptor, opts: OpenOptions) -> Result<Opened> {
        let title = self.title(target).unwrap_or_default();
        let file = self.state.lock().file(target, title.as_ref());
        let Some(file) = file else {
            return self.fallback.open(target, opts).await;
        };
        let len = file.content.size;
        let path = file.path;
        FileSource { path, len }.open(opts).await
    }

    async fn find(&self, name: &Name, opts: ResolveOptions) -> Result<Resolved> {
        let digest = match name {
            Name::Digest(digest) => digest,
            Name::Tag(tag) => {
                let tagged = self.state.lock().tags.get(tag.as_str()).cloned();
                return Ok(tagged.ok_or_else(|| Error::not_found(tag))?.into());
            }
        };
        let content = self.state.lock().content(digest);
        match content {
            Some(content) => Ok(content.into()),
            None => self.fallback.resolve_opts(name, opts).await,
        }
    }

    pub(crate) async fn give_tag(&self, target: &Descriptor, tag: &Tag) -> Result<()> {
        if !self.has(target).await? {
            return Err(Error::not_found(&target.digest));
        }
        let mut state = self.state.lock();
        state.tags.insert(tag.to_string(), target.clone());
        Ok(())
    }
}

impl fmt::Display for FileStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.dir.display().fmt(f)
    }
}

#[async_trait]
impl Store for FileStore {
    async fn open(&self, target: &Descriptor, opts: OpenOptions) -> Result<Opened> {
        self.in_folder(self.read(target, opts).await)
    }

    async fn resolve_opts(&self, name: &Name, opts: ResolveOptions) -> Result<Resolved> {
        self.in_folder(self.find(name, opts).await)
    }

    /// Returns `true` if the store has the content; if it has a title, in the file of that title.
    async fn exists(&self, target: &Descriptor) -> Result<bool> {
        match self.title(target) {
            Ok(Some(title)) => Ok(self.state.lock().is_written(&title, &target.digest)),
            Ok(None) => self.has_unnamed(target).await,
            // The push reports what is wrong with the title.
            Err(_) => Ok(false),
        }
    }

    fn writer(&self) -> Option<&dyn Writer> {
        Some(self)
    }

    fn stager(&self) -> Option<&dyn Stager> {
        Some(self)
    }

    fn tag_lister(&self) -> Option<&dyn TagLister> {
        Some(self)
    }

    fn content_lister(&self) -> Option<&dyn ContentLister> {
        self.fallback.content_lister().map(|_| self as &dyn ContentLister)
    }

    fn predecessor_finder(&self) -> Option<&dyn PredecessorFinder> {
        let finder = self.fallback.predecessor_finder();
        finder.map(|_| self as &dyn PredecessorFinder)
    }
}

impl TagLister for FileStore {
    fn tags(&self, opts: TagListOptions) -> BoxStream<'_, Result<String>> {
        let is_after = |tag: &String| opts.last.as_ref().is_none_or(|last| tag > last);
        let mut tags: Vec<String> = self.state.lock().tags.keys().cloned().collect();
        tags.retain(is_after);
        tags.sort_unstable();
        stream::iter(tags.into_iter().map(Ok)).boxed()
    }
}

/// Lists the files and the content of the fallback.
impl ContentLister for FileStore {
    fn contents(&self) -> BoxStream<'_, Result<Descriptor>> {
        let files = self.state.lock().contents();
        let others = self.fallback.content_lister().map(ContentLister::contents);
        stream::iter(files.into_iter().map(Ok))
            .chain(stream::iter(others).flatten())
            .boxed()
    }
}

#[async_trait]
impl PredecessorFinder for FileStore {
    async fn predecessors(&self, node: &Descriptor) -> Result<Vec<Descriptor>> {
        let finder = self.fallback.as_predecessor_finder()?;
        self.in_folder(finder.predecessors(node).await)
    }
}
