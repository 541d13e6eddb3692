//! A layout in a tar archive, to be read where it is.

use std::collections::HashMap;
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use oras_content::{
    ContentLister, Descriptor, Digest, Error, MAX_MANIFEST_BYTES, Manifest, MediaType, Name, OpenOptions,
    Opened, PredecessorFinder, ReferrerLister, ResolveOptions, Resolved, Result, Store, TagListOptions,
    TagLister, Verified, VerifyError,
};
use tokio::task::spawn_blocking;

use crate::index::Index;
use crate::index_file::MAX_INDEX_BYTES;
use crate::store::{finished, store_name};
use crate::walk::Walk;
use crate::{marker, reader};

/// An OCI image layout in an uncompressed tar archive, such as `docker save` and `skopeo` write it.
///
/// The archive is read in place and must not change; nothing is unpacked. Its headers, `index.json` and manifests are
/// read once, when it is opened.
///
/// Spec: image-spec v1.1, `image-layout.md`.
#[derive(Clone, Debug)]
pub struct TarLayout {
    tar: Arc<Tar>,
}

#[derive(Debug)]
struct Tar {
    path: PathBuf,
    files: HashMap<String, Range<u64>>,
    index: Index,
    walk: Walk,
}

impl TarLayout {
    /// Opens the archive at `path`.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::NotFound`](oras_content::ErrorKind::NotFound): there is no such file, or no layout in it.
    /// - [`ErrorKind::Unsupported`](oras_content::ErrorKind::Unsupported): the archive is compressed, or the layout of a version that is not known.
    /// - [`ErrorKind::InvalidManifest`](oras_content::ErrorKind::InvalidManifest): its `index.json` cannot be read.
    /// - [`ErrorKind::Storage`](oras_content::ErrorKind::Storage): it cannot be read, is damaged or cut short.
    pub async fn open(path: impl Into<PathBuf>) -> Result<Self> {
        let path = path.into();
        let opened = spawn_blocking({
            let path = path.clone();
            move || Tar::open(path)
        });
        let tar = finished(&path, opened.await)?;
        Ok(Self { tar: Arc::new(tar) })
    }

    /// The archive.
    pub fn path(&self) -> &Path {
        &self.tar.path
    }

    /// What `index.json` lists, tagged or not, with the annotations that it has there.
    pub fn roots(&self) -> Vec<Descriptor> {
        self.tar.index.entries().cloned().collect()
    }
}

impl Tar {
    fn open(path: PathBuf) -> Result<Self> {
        let files = open_archive(&path).and_then(oras_archive::contents);
        let files = files.map_err(|error| read_error(&path, error))?;
        let mut tar = Self {
            path,
            files,
            index: Index::new(),
            walk: Walk::default(),
        };
        let member = |name| tar.path.join(name);
        marker::check(
            &member("oci-layout"),
            &tar.small("oci-layout", MAX_MANIFEST_BYTES)?,
        )?;
        tar.index = Index::read(&tar.small("index.json", MAX_INDEX_BYTES)?)
            .map_err(|error| Error::invalid_manifest(member("index.json").display(), error))?;
        let mut walk = Walk::default();
        walk.extend(tar.index.entries(), |target| tar.manifest(target).ok());
        tar.walk = walk;
        Ok(tar)
    }

    /// The whole member `name`, which has at most `limit` bytes.
    fn small(&self, name: &str, limit: u64) -> Result<Vec<u8>> {
        let what = || self.path.join(name).display().to_string();
        let range = self.files.get(name).ok_or_else(|| Error::not_found(what()))?;
        if range.end - range.start > limit {
            return Err(Error::size_exceeds_limit(what(), limit));
        }
        self.bytes(range).map_err(|error| Error::storage(what(), error))
    }

    fn bytes(&self, range: &Range<u64>) -> io::Result<Vec<u8>> {
        let mut file = File::open(&self.path)?;
        io::Seek::seek(&mut file, io::SeekFrom::Start(range.start))?;
        let mut bytes = Vec::new();
        file.take(range.end - range.start).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn blob(&self, digest: &Digest) -> Option<&Range<u64>> {
        let name = format!("blobs/{}/{}", digest.algorithm_name(), digest.encoded());
        self.files.get(&name)
    }

    /// What is known of the content with this digest.
    fn describe(&self, digest: &Digest) -> Option<Descriptor> {
        let as_blob = || {
            let range = self.blob(digest)?;
            let size = range.end - range.start;
            Some(Descriptor::new(MediaType::OCTET_STREAM, digest.clone(), size))
        };
        let listed = self.index.listed(digest).or_else(|| self.walk.descriptor(digest));
        listed.or_else(as_blob)
    }

    fn manifest(&self, target: &Descriptor) -> Result<Manifest> {
        let range = self.range(target)?;
        if target.size > MAX_MANIFEST_BYTES {
            return Err(Error::size_exceeds_limit(
                target.digest.to_string(),
                MAX_MANIFEST_BYTES,
            ));
        }
        let bytes = self
            .bytes(range)
            .map_err(|error| Error::storage(&target.digest, error))?;
        let content = Verified::new(target.clone(), bytes.into());
        Manifest::parse(content.map_err(|source| Error::verify(&target.digest, source))?)
    }

    /// Where the blob of `target` is in the archive.
    fn range(&self, target: &Descriptor) -> Result<&Range<u64>> {
        let range = self
            .blob(&target.digest)
            .ok_or_else(|| Error::not_found(&target.digest))?;
        let (expected, actual) = (target.size, range.end - range.start);
        if actual != expected {
            return Err(Error::verify(
                &target.digest,
                VerifyError::Size { expected, actual },
            ));
        }
        Ok(range)
    }
}

/// Opens a regular file that is not compressed.
fn open_archive(path: &Path) -> io::Result<File> {
    // Opening a pipe would wait for ever.
    if !std::fs::metadata(path)?.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    let mut start = Vec::new();
    File::open(path)?.take(4).read_to_end(&mut start)?;
    if start.starts_with(&[0x1f, 0x8b]) || start == [0x28, 0xb5, 0x2f, 0xfd] {
        return Err(io::ErrorKind::Unsupported.into());
    }
    File::open(path)
}

fn read_error(path: &Path, error: io::Error) -> Error {
    let what = path.display().to_string();
    match error.kind() {
        io::ErrorKind::NotFound => Error::not_found(what),
        io::ErrorKind::Unsupported => Error::unsupported(format!("reading the compressed archive {what}"))
            .with_source("decompress it first"),
        _ => Error::storage(what, error),
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
        let start = self.tar.range(target)?.start;
        let (what, size) = (target.digest.to_string(), target.size);
        let tar = Arc::clone(&self.tar);
        let job = spawn_blocking(move || {
            let file = File::open(&tar.path).map_err(|error| read_error(&tar.path, error))?;
            reader::open(file, what, start, size, opts)
        });
        finished(&self.tar.path, job.await)
    }

    async fn resolve_opts(&self, name: &Name, _: ResolveOptions) -> Result<Resolved> {
        let found = match name {
            Name::Tag(tag) => self.tar.index.tagged(tag.as_str()),
            Name::Digest(digest) => self.tar.describe(digest),
        };
        let missing = || Error::not_found(name).in_store(&store_name(&self.tar.path));
        Ok(found.ok_or_else(missing)?.into())
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
        let digests = self.tar.files.keys().filter_map(|name| digest_of(name));
        let found: Vec<_> = digests.filter_map(|digest| self.tar.describe(&digest)).collect();
        stream::iter(found.into_iter().map(Ok)).boxed()
    }
}

/// The digest of the blob that the member `name` is, where it is one.
fn digest_of(name: &str) -> Option<Digest> {
    let (algorithm, encoded) = name.strip_prefix("blobs/")?.split_once('/')?;
    format!("{algorithm}:{encoded}").parse().ok()
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
        Ok(self.tar.walk.predecessors(&node.digest))
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
