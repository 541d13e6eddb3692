//! A layout in a tar archive, read in place.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use oras_content::{
    ContentLister, Descriptor, Error, Name, OpenOptions, Opened, PredecessorFinder, ReferrerLister,
    ResolveOptions, Resolved, Result, Store, TagListOptions, TagLister,
};
use tokio::task::spawn_blocking;

use super::archive::Archive;
use crate::store::{finished, store_name};

/// An OCI image layout in an uncompressed tar archive, as `docker save` and `skopeo` write it.
///
/// The archive is read in place, without unpacking, and must not change. Its headers, `index.json` and manifests are
/// read once, when it is opened.
///
/// Spec: image-spec v1.1, `image-layout.md`.
#[derive(Clone, Debug)]
pub struct TarLayout {
    tar: Arc<Archive>,
}

impl TarLayout {
    /// Opens the archive at `path`.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::NotFound`](oras_content::ErrorKind::NotFound): there is no such file, or no layout in it.
    /// - [`ErrorKind::Unsupported`](oras_content::ErrorKind::Unsupported): the archive is compressed, or the version of
    ///   the layout is not supported.
    /// - [`ErrorKind::InvalidManifest`](oras_content::ErrorKind::InvalidManifest): its `index.json` cannot be parsed.
    /// - [`ErrorKind::Storage`](oras_content::ErrorKind::Storage): it cannot be read, is damaged or truncated.
    pub async fn open(path: impl Into<PathBuf>) -> Result<Self> {
        let path = path.into();
        let opened = spawn_blocking({
            let path = path.clone();
            move || Archive::open(path)
        });
        let tar = finished(&path, opened.await)?;
        Ok(Self { tar: Arc::new(tar) })
    }

    /// Returns the path of the archive.
    pub fn path(&self) -> &Path {
        &self.tar.path
    }

    /// Returns the entries of `index.json`, tagged or not, with their annotations.
    pub fn roots(&self) -> Vec<Descriptor> {
        self.tar.index.entries().cloned().collect()
    }
}

impl fmt::Display for TarLayout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.tar.path.display().fmt(f)
    }
}

#[async_trait]
impl Store for TarLayout {
    async fn open(&self, target: &Descriptor, opts: OpenOptions) -> Result<Opened> {
        let (tar, target) = (Arc::clone(&self.tar), target.clone());
        let job = spawn_blocking(move || tar.open_blob(&target, opts));
        finished(&self.tar.path, job.await)
    }

    async fn resolve_opts(&self, name: &Name, _: ResolveOptions) -> Result<Resolved> {
        let missing = || Error::not_found(name).in_store(&store_name(&self.tar.path));
        Ok(self.tar.resolve(name).ok_or_else(missing)?.into())
    }

    async fn exists(&self, target: &Descriptor) -> Result<bool> {
        Ok(self.tar.range(target).is_ok())
    }

    fn tag_lister(&self) -> Option<&dyn TagLister> {
        Some(self)
    }

    fn content_lister(&self) -> Option<&dyn ContentLister> {
        Some(self)
    }

    fn predecessor_finder(&self) -> Option<&dyn PredecessorFinder> {
        Some(self)
    }

    fn referrer_lister(&self) -> Option<&dyn ReferrerLister> {
        Some(self)
    }
}

impl ContentLister for TarLayout {
    fn contents(&self) -> BoxStream<'_, Result<Descriptor>> {
        stream::iter(self.tar.contents().into_iter().map(Ok)).boxed()
    }
}

impl TagLister for TarLayout {
    fn tags(&self, opts: TagListOptions) -> BoxStream<'_, Result<String>> {
        let tags = self.tar.index.tags_after(opts.last.as_deref());
        stream::iter(tags.into_iter().map(Ok)).boxed()
    }
}

#[async_trait]
impl PredecessorFinder for TarLayout {
    async fn predecessors(&self, node: &Descriptor) -> Result<Vec<Descriptor>> {
        let (tar, node) = (Arc::clone(&self.tar), node.digest.clone());
        let job = spawn_blocking(move || Ok(tar.predecessors(&node)));
        finished(&self.tar.path, job.await)
    }
}

impl ReferrerLister for TarLayout {
    fn referrers(
        &self,
        subject: &Descriptor,
        artifact_type: Option<&str>,
    ) -> BoxStream<'_, Result<Descriptor>> {
        let found = self.tar.walk.referrers(&subject.digest, artifact_type);
        stream::iter(found.into_iter().map(Ok)).boxed()
    }
}
