//! Reading: the one trait that every store has.

use std::fmt;
use std::fs::File;
use std::ops::Range;

use async_trait::async_trait;

use super::{
    ContentLister, Deleter, PredecessorFinder, ReferrerKeeper, ReferrerLister, Stager, TagLister, Untagger,
    Writer,
};
use crate::{ByteRange, Content, Descriptor, Digest, Error, Name, Result, Verified, VerifiedContent};

/// A store of content: a registry's repository, a layout, files, memory, or one of your own.
///
/// Two methods are needed for a store that is read: [`open`](Self::open) and [`resolve_opts`](Self::resolve_opts). What
/// a store can do beyond that it says by the provided methods, each of which returns a capability where the store has
/// it. Callers use [`StoreExt`](super::StoreExt), which verifies what it reads. `Display` is the name by which messages
/// call the store.
///
/// A wrapper forwards each method on purpose; `clippy::missing_trait_methods` tells which one it forgot.
///
/// The crate `oras-conformance` has a read-only and a complete store to start from, and a suite that checks them.
#[async_trait]
pub trait Store: fmt::Display + Send + Sync {
    /// Opens the content of `target`, or a range of it, as the store has it.
    ///
    /// The bytes are not verified: a copy leaves that to the store that it writes to. An error after the first frame is
    /// the last item of the content.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound): the store does not have it.
    async fn open(&self, target: &Descriptor, opts: OpenOptions) -> Result<Opened>;

    /// Resolves a tag or digest, and reads the manifest along with it where the store does both in one step.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::NotFound`](crate::ErrorKind::NotFound): nothing has this name.
    /// - [`ErrorKind::SizeExceedsLimit`](crate::ErrorKind::SizeExceedsLimit): the manifest was to be read, and is larger
    ///   than [`ResolveOptions::read`] allows.
    async fn resolve_opts(&self, name: &Name, opts: ResolveOptions) -> Result<Resolved>;

    /// Describes a blob by its digest alone. Registries keep blobs apart from what [`resolve_opts`](Self::resolve_opts)
    /// finds.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound): the store does not have it.
    async fn resolve_blob(&self, digest: &Digest) -> Result<Descriptor> {
        let resolved = self
            .resolve_opts(&digest.into(), ResolveOptions::default())
            .await?;
        Ok(resolved.descriptor)
    }

    /// Whether the store has the content of `target`. By default it is opened to see.
    ///
    /// # Errors
    ///
    /// The store could not tell. "No" is not an error.
    async fn exists(&self, target: &Descriptor) -> Result<bool> {
        match self.open(target, OpenOptions::default()).await {
            Ok(_) => Ok(true),
            Err(error) if error.is_not_found() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The repository that this is, where it is one: content may then be mounted instead of copied.
    fn location(&self) -> Option<Location> {
        None
    }

    /// Writes content and tags, if the store can be written to.
    fn writer(&self) -> Option<&dyn Writer> {
        None
    }

    /// Takes content bit by bit, before its digest need be known, if supported.
    fn stager(&self) -> Option<&dyn Stager> {
        None
    }

    /// Removes content, if supported.
    fn deleter(&self) -> Option<&dyn Deleter> {
        None
    }

    /// Removes tags, if supported.
    fn untagger(&self) -> Option<&dyn Untagger> {
        None
    }

    /// Lists tags, if supported.
    fn tag_lister(&self) -> Option<&dyn TagLister> {
        None
    }

    /// Lists all content, if supported.
    fn content_lister(&self) -> Option<&dyn ContentLister> {
        None
    }

    /// Finds the manifests that refer to content, if supported.
    fn predecessor_finder(&self) -> Option<&dyn PredecessorFinder> {
        None
    }

    /// Lists referrers with artifact type and annotations, filtered, if supported.
    fn referrer_lister(&self) -> Option<&dyn ReferrerLister> {
        None
    }

    /// Keeps the listings of referrers that clients have to keep, if the store has them.
    fn referrer_keeper(&self) -> Option<&dyn ReferrerKeeper> {
        None
    }
}

/// A repository of a registry, as the place that content comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// The registry: what two repositories must share for a mount.
    pub registry: String,
    /// The name of the repository.
    pub repository: String,
}

/// How to open content.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct OpenOptions {
    /// Which bytes to open. Default: all.
    pub range: ByteRange,
    /// Whether to hand over the local file as well, where the content is in one. Default: no.
    pub file: bool,
}

impl OpenOptions {
    /// Opens only these bytes, counted from the start of the content.
    #[must_use]
    pub fn with_range(mut self, range: impl Into<ByteRange>) -> Self {
        self.range = range.into();
        self
    }

    /// Hands over the local file, where there is one.
    #[must_use]
    pub fn with_file(mut self, file: bool) -> Self {
        self.file = file;
        self
    }
}

/// Content that a store has opened, and what exactly it serves.
#[derive(Debug)]
#[non_exhaustive]
pub struct Opened {
    /// The bytes, which nobody has verified yet.
    pub content: Content,
    /// Which bytes of the whole content they are; to `u64::MAX` where nobody knows how long it is.
    pub range: Range<u64>,
    /// The file that the bytes are in; only where [`OpenOptions::file`] asked for it, and perhaps not even then.
    pub file: Option<LocalFile>,
}

/// An open file of this machine that has the bytes of some content.
#[derive(Debug)]
pub struct LocalFile {
    /// The file. Its cursor may stand anywhere.
    pub file: File,
    /// Where in the file the first of the opened bytes is.
    pub start: u64,
}

impl Opened {
    /// Content that serves the bytes `range` of the whole.
    pub fn new(content: Content, range: Range<u64>) -> Self {
        Self {
            content,
            range,
            file: None,
        }
    }

    /// The bytes of `whole` that were asked for.
    pub fn of_bytes(whole: &bytes::Bytes, opts: OpenOptions) -> Self {
        let range = opts.range.within(whole.len() as u64);
        // Both ends are within a length that is a usize.
        let served = whole.slice(range.start as usize..range.end as usize);
        Self::new(served.into(), range)
    }

    /// Adds the file that the bytes are in.
    #[must_use]
    pub fn with_file(mut self, file: Option<LocalFile>) -> Self {
        self.file = file;
        self
    }

    /// The same, unless it is not what was asked for.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Protocol`](crate::ErrorKind::Protocol): other bytes are served than those of `range`, in content
    /// that has the size of `target`.
    pub fn check(self, target: &Descriptor, range: ByteRange) -> Result<Self> {
        match range.compare(&self.range, Some(target.size)) {
            Ok(()) => Ok(self),
            Err(reason) => Err(Error::protocol(target, reason)),
        }
    }

    /// The bytes, ending with an error unless they are the content of `expected`.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::Verify`](crate::ErrorKind::Verify): the digest of `expected` cannot be verified.
    /// - [`ErrorKind::Protocol`](crate::ErrorKind::Protocol): they do not start with its first byte.
    pub fn verified(self, expected: &Descriptor) -> Result<VerifiedContent> {
        if self.range.start != 0 {
            return self
                .check(expected, ByteRange::default())?
                .content
                .verified(expected);
        }
        self.content.verified(expected)
    }
}

/// How to resolve a name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ResolveOptions {
    /// Reads the manifest too, where that costs no further step, and refuses one of more bytes than this. Default: it
    /// is not read.
    pub read: Option<u64>,
}

impl ResolveOptions {
    /// Reads the manifest too, up to `limit` bytes, where that costs no further step.
    #[must_use]
    pub fn with_read(mut self, limit: u64) -> Self {
        self.read = Some(limit);
        self
    }
}

/// The content that a name resolves to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Resolved {
    /// The content that has the name.
    pub descriptor: Descriptor,
    /// The content itself, where it was read along.
    pub content: Option<Verified>,
}

impl From<Descriptor> for Resolved {
    fn from(descriptor: Descriptor) -> Self {
        Self {
            descriptor,
            content: None,
        }
    }
}

impl From<Verified> for Resolved {
    fn from(content: Verified) -> Self {
        Self {
            descriptor: content.descriptor().clone(),
            content: Some(content),
        }
    }
}
