//! The store: a folder, and what is known of it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use oras_content::{
    Content, Descriptor, Digest, Error, Exists, FetchOptions, Fetcher, InvalidReference, PredecessorFinder,
    Resolver, Result, StoreName, Tagger,
};
use oras_memory::MemoryStore;

use crate::FileOptions;
use crate::source::FileSource;
use crate::state::Shared;
use crate::title::Title;

/// A store of named files in a folder. Clones share what they know.
///
/// Content with a title is in the file of that name, everything else, and every manifest, in memory. Content that is in
/// a file is read from there when it is fetched, so the file must stay as it is; a changed one fails verification.
///
/// With [`FileOptions::read_only`] no file is written: the store has the files that were [added](Self::add) to it.
///
/// Titles are cleaned: `./a//b/../c` is `a/c`. One that is absolute, leaves the folder by `..` or passes through a link
/// that leaves it is refused, and so is one that other content has, or that is a link, a pipe or a device already. Names
/// are checked when they are used: another program that swaps folders for links in between is not guarded against.
#[derive(Clone, Debug)]
pub struct FileStore {
    pub(crate) dir: Arc<Path>,
    pub(crate) opts: FileOptions,
    pub(crate) state: Shared,
    pub(crate) fallback: MemoryStore,
}

impl FileStore {
    /// A store in the folder `dir`, which is created when the first file is written.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self::with_options(dir, FileOptions::default())
    }

    /// As [`new`](Self::new), with options.
    pub fn with_options(dir: impl Into<PathBuf>, opts: FileOptions) -> Self {
        Self {
            dir: dir.into().into(),
            opts,
            state: Shared::default(),
            fallback: MemoryStore::new(),
        }
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.dir
    }

    /// The title of `target`, where it has one. A manifest is never a file, whatever its annotations say.
    pub(crate) fn title(&self, target: &Descriptor) -> Result<Option<Title>> {
        if target.is_manifest() {
            return Ok(None);
        }
        let parse = |title| Title::parse(title, self.opts.allow_path_traversal);
        target.title().map(parse).transpose()
    }

    /// The result of an operation; an error is about this folder.
    pub(crate) fn in_folder<T>(&self, done: Result<T>) -> Result<T> {
        done.map_err(|error| error.in_store(&StoreName::Folder(self.dir.display().to_string().into())))
    }

    /// Whether the content is there under any name or none.
    pub(crate) async fn has(&self, target: &Descriptor) -> Result<bool> {
        Ok(self.state.lock().file(target, None).is_some() || self.fallback.exists(target).await?)
    }

    pub(crate) async fn open(&self, target: &Descriptor, opts: FetchOptions) -> Result<Content> {
        let title = self.title(target).unwrap_or_default();
        let file = self.state.lock().file(target, title.as_ref());
        let Some(file) = file else {
            return self.fallback.fetch_opts(target, opts).await;
        };
        let len = file.content.size;
        let path = file.path;
        FileSource { path, len }
            .open_range(opts.range.unwrap_or(0..len))
            .await
    }

    async fn find(&self, reference: &str) -> Result<Descriptor> {
        if reference.is_empty() {
            return Err(Error::missing_name(self.dir.display().to_string()));
        }
        let Ok(digest) = reference.parse::<Digest>() else {
            let tagged = self.state.lock().tags.get(reference).cloned();
            return tagged.ok_or_else(|| Error::not_found(reference));
        };
        let content = self.state.lock().content(&digest);
        match content {
            Some(content) => Ok(content),
            None => self.fallback.resolve(reference).await,
        }
    }

    async fn give_tag(&self, target: &Descriptor, reference: &str) -> Result<()> {
        if reference.is_empty() {
            return Err(Error::missing_name(target.digest.to_string()));
        }
        if !self.has(target).await? {
            return Err(Error::not_found(&target.digest));
        }
        if reference == target.digest.as_str() {
            return Ok(());
        }
        if reference.parse::<Digest>().is_ok() {
            return Err(InvalidReference::new(reference, "a digest cannot stand for other content").into());
        }
        let mut state = self.state.lock();
        state.tags.insert(reference.to_owned(), target.clone());
        Ok(())
    }
}

#[async_trait]
impl Fetcher for FileStore {
    async fn fetch_opts(&self, target: &Descriptor, opts: FetchOptions) -> Result<Content> {
        self.in_folder(self.open(target, opts).await)
    }
}

#[async_trait]
impl Exists for FileStore {
    /// Whether the store has the content, in the file of its title where it has one.
    async fn exists(&self, target: &Descriptor) -> Result<bool> {
        match self.title(target) {
            Ok(Some(title)) => Ok(self.state.lock().is_written(&title, &target.digest)),
            Ok(None) => self.has(target).await,
            // The push says what is wrong with the title.
            Err(_) => Ok(false),
        }
    }
}

#[async_trait]
impl Resolver for FileStore {
    async fn resolve(&self, reference: &str) -> Result<Descriptor> {
        self.in_folder(self.find(reference).await)
    }
}

#[async_trait]
impl Tagger for FileStore {
    async fn tag(&self, target: &Descriptor, reference: &str) -> Result<()> {
        self.in_folder(self.give_tag(target, reference).await)
    }
}

#[async_trait]
impl PredecessorFinder for FileStore {
    async fn predecessors(&self, node: &Descriptor) -> Result<Vec<Descriptor>> {
        self.in_folder(self.fallback.predecessors(node).await)
    }
}
