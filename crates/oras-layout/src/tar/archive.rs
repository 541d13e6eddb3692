//! The cached state of an archive with a layout.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::path::{Path, PathBuf};

use oras_content::{
    Descriptor, Digest, Error, MAX_MANIFEST_BYTES, Manifest, MediaType, Name, OpenOptions, Opened, Result,
    Verified, VerifyError,
};

use crate::index::Index;
use crate::index_file::MAX_INDEX_BYTES;
use crate::presence::own_children;
use crate::walk::Walk;
use crate::{marker, reader};

/// The positions of the files in an archive, and the manifests that its index leads to. All calls block.
#[derive(Debug)]
pub(super) struct Archive {
    /// The current path of the archive.
    pub(super) path: PathBuf,
    pub(super) files: HashMap<String, Range<u64>>,
    pub(super) index: Index,
    pub(super) walk: Walk,
}

impl Archive {
    /// An archive without files.
    pub(super) fn new(path: PathBuf) -> Self {
        Self {
            path,
            files: HashMap::new(),
            index: Index::new(),
            walk: Walk::default(),
        }
    }

    pub(super) fn open(path: PathBuf) -> Result<Self> {
        let files = open_archive(&path).and_then(oras_archive::contents);
        let files = files.map_err(|error| read_error(&path, error))?;
        let mut tar = Self {
            files,
            ..Self::new(path)
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

    /// Reads the member `name`, which may have at most `limit` bytes.
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
        self.files.get(&name_of(digest))
    }

    /// The descriptor of the content with this digest, as far as known.
    pub(super) fn describe(&self, digest: &Digest) -> Option<Descriptor> {
        let as_blob = || {
            let range = self.blob(digest)?;
            let size = range.end - range.start;
            Some(Descriptor::new(MediaType::OCTET_STREAM, digest.clone(), size))
        };
        let listed = self.index.listed(digest).or_else(|| self.walk.descriptor(digest));
        listed.or_else(as_blob)
    }

    pub(super) fn manifest(&self, target: &Descriptor) -> Result<Manifest> {
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

    /// The position of the blob of `target` in the archive.
    pub(super) fn range(&self, target: &Descriptor) -> Result<&Range<u64>> {
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

    /// Whether the content of `target` exists and, if it is a manifest, is reachable.
    pub(super) fn holds(&self, target: &Descriptor) -> bool {
        let is_listed = !target.is_manifest() || self.walk.contains(&target.digest);
        is_listed && self.range(target).is_ok()
    }

    /// Whether the content of `target` exists with all its children, except non-distributable ones.
    pub(super) fn has(&self, target: &Descriptor) -> bool {
        if !self.holds(target) || !target.is_manifest() {
            return self.holds(target);
        }
        let Ok(manifest) = self.manifest(&target.plain()) else {
            return false;
        };
        own_children(&manifest).all(|child| self.range(child).is_ok())
    }

    /// Opens the blob of `target`.
    pub(super) fn open_blob(&self, target: &Descriptor, opts: OpenOptions) -> Result<Opened> {
        let start = self.range(target)?.start;
        let file = File::open(&self.path).map_err(|error| read_error(&self.path, error))?;
        reader::open(file, target.digest.to_string(), start, target.size, opts)
    }

    pub(super) fn resolve(&self, name: &Name) -> Option<Descriptor> {
        match name {
            Name::Tag(tag) => self.index.tagged(tag.as_str()),
            Name::Digest(digest) => self.describe(digest),
        }
    }

    /// The reachable manifests that refer to `digest`.
    pub(super) fn predecessors(&self, digest: &Digest) -> Vec<Descriptor> {
        let read = |target: &Descriptor| self.manifest(target).ok();
        self.walk.predecessors(digest, self.index.entries(), read)
    }

    /// The descriptors of all blobs, with the media types that reachable manifests give.
    pub(super) fn contents(&self) -> Vec<Descriptor> {
        let digests = self.files.keys().filter_map(|name| digest_of(name));
        digests.filter_map(|digest| self.describe(&digest)).collect()
    }
}

/// The name of the blob `digest` in an archive.
pub(super) fn name_of(digest: &Digest) -> String {
    format!("blobs/{}/{}", digest.algorithm_name(), digest.encoded())
}

/// The digest of the member `name`, if it is a blob.
fn digest_of(name: &str) -> Option<Digest> {
    let (algorithm, encoded) = name.strip_prefix("blobs/")?.split_once('/')?;
    format!("{algorithm}:{encoded}").parse().ok()
}

/// Opens a regular file that is not compressed.
fn open_archive(path: &Path) -> io::Result<File> {
    // Opening a pipe would block for ever.
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
