//! Reading: the one trait that every store implements.

use std::fmt;
use std::fs::File;
use std::ops::Range;

use async_trait::async_trait;

use super::{
    ContentLister, Deleter, PredecessorFinder, ReferrerKeeper, ReferrerLister, Stager, TagLister, Untagger,
    Writer,
};
use crate::{ByteRange, Content, Descriptor, Digest, Error, Name, Result, Verified, VerifiedContent};

/// A store of content: a registry's repository, a layout, a folder of files, memory, or a custom one.
///
/// A read-only store implements two methods: [`open`](Self::open) and [`resolve_opts`](Self::resolve_opts). It declares
/// optional capabilities by overriding the provided methods that return them. Callers use
/// [`StoreExt`](super::StoreExt), which verifies what it reads. `Display` is the store's name in messages.
///
/// Wrappers should forward every method; `clippy::missing_trait_methods` reports the ones that were forgotten.
///
/// The crate `oras-conformance` has a read-only and a complete store as examples, and a suite to test stores with.
#[async_trait]
pub trait Store: fmt::Display + Send + Sync {
    /// Opens the content of `target`, or a range of it.
    ///
    /// The bytes are not verified: in a copy, the destination store does that. If reading fails after the first frame,
    /// the last item of the content is the error.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound): the store does not have it.
    async fn open(&self, target: &Descriptor, opts: OpenOptions) -> Result<Opened>;

    /// Resolves a tag or digest, and also reads the manifest if the store can do both in one step.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::NotFound`](crate::ErrorKind::NotFound): the name does not exist.
    /// - [`ErrorKind::SizeExceedsLimit`](crate::ErrorKind::SizeExceedsLimit): the manifest was to be read and exceeds
    ///   [`ResolveOptions::read`].
    async fn resolve_opts(&self, name: &Name, opts: ResolveOptions) -> Result<Resolved>;

    /// Resolves the digest of a blob to its descriptor. Separate from [`resolve_opts`](Self::resolve_opts) because
    /// registries keep blobs apart from manifests.
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

    /// Returns `true` if the store has the content of `target`. By default, tries to open it.
    ///
    /// # Errors
    ///
    /// Any error of the store. Missing content is not an error.
    async fn exists(&self, target: &Descriptor) -> Result<bool> {
        match self.open(target, OpenOptions::default()).await {
            Ok(_) => Ok(true),
            Err(error) if error.is_not_found() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Returns the registry repository that this store is, if any: content can then be mounted instead of copied.
    fn location(&self) -> Option<Location> {
        None
    }

    /// Returns the writing capability, if the store is writable.
    fn writer(&self) -> Option<&dyn Writer> {
        None
    }

    /// Returns the capability to stage content incrementally, before its digest is known, if supported.
    fn stager(&self) -> Option<&dyn Stager> {
        None
    }

    /// Returns the capability to remove content, if supported.
    fn deleter(&self) -> Option<&dyn Deleter> {
        None
    }

    /// Returns the capability to remove tags, if supported.
    fn untagger(&self) -> Option<&dyn Untagger> {
        None
    }

    /// Returns the capability to list tags, if supported.
    fn tag_lister(&self) -> Option<&dyn TagLister> {
        None
    }

    /// Returns the capability to list all content, if supported.
    fn content_lister(&self) -> Option<&dyn ContentLister> {
        None
    }

    /// Returns the capability to find predecessors, if supported.
    fn predecessor_finder(&self) -> Option<&dyn PredecessorFinder> {
        None
    }

    /// Returns the capability to list referrers with artifact type and annotations, filtered by type, if supported.
    fn referrer_lister(&self) -> Option<&dyn ReferrerLister> {
        None
    }

    /// Returns the capability to maintain lists of referrers, if the store leaves that to its clients.
    fn referrer_keeper(&self) -> Option<&dyn ReferrerKeeper> {
        None
    }
}

/// A registry repository that content can be mounted from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// The registry. Two repositories must share it for a mount.
    pub registry: String,
    /// The name of the repository.
    pub repository: String,
}

/// Options for opening content.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct OpenOptions {
    /// The bytes to open. Default: all.
    pub range: ByteRange,
    /// Whether to also return the local file that holds the content, if there is one. Default: `false`.
    pub file: bool,
}

impl OpenOptions {
    /// Opens only this range, counted from the start of the content.
    #[must_use]
    pub fn with_range(mut self, range: impl Into<ByteRange>) -> Self {
        self.range = range.into();
        self
    }

    /// Also returns the local file, if there is one.
    #[must_use]
    pub fn with_file(mut self, file: bool) -> Self {
        self.file = file;
        self
    }
}

/// Content opened by a store, and the range it serves.
#[derive(Debug)]
#[non_exhaustive]
pub struct Opened {
    /// The bytes, unverified.
    pub content: Content,
    /// The range of the whole content that is served; its end is `u64::MAX` if the length is unknown.
    pub range: Range<u64>,
    /// The local file that holds the bytes. `None` unless [`OpenOptions::file`] is set, and possibly even then.
    pub file: Option<LocalFile>,
}

/// An open local file that holds the bytes of some content.
#[derive(Debug)]
pub struct LocalFile {
    /// The file. Its cursor position is unspecified.
    pub file: File,
    /// The offset in the file of the first opened byte.
    pub start: u64,
}

impl Opened {
    /// Creates opened content that serves `range` of the whole.
    pub fn new(content: Content, range: Range<u64>) -> Self {
        Self {
            content,
            range,
            file: None,
        }
    }

    /// Opens the requested range of `whole`.
    pub fn of_bytes(whole: &bytes::Bytes, opts: OpenOptions) -> Self {
        let range = opts.range.within(whole.len() as u64);
        // Both ends are at most a length that is a `usize`.
        let served = whole.slice(range.start as usize..range.end as usize);
        Self::new(served.into(), range)
    }

    /// Sets the local file that holds the bytes.
    #[must_use]
    pub fn with_file(mut self, file: Option<LocalFile>) -> Self {
        self.file = file;
        self
    }

    /// Checks that the requested range is served.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Protocol`](crate::ErrorKind::Protocol): the served bytes are not `range` of content of `target`'s
    /// size.
    pub fn check(self, target: &Descriptor, range: ByteRange) -> Result<Self> {
        match range.compare(&self.range, Some(target.size)) {
            Ok(()) => Ok(self),
            Err(reason) => Err(Error::protocol(target, reason)),
        }
    }

    /// Verifies the bytes as they are read: the content ends with an error unless they are the content of `expected`.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::Verify`](crate::ErrorKind::Verify): the digest of `expected` cannot be verified.
    /// - [`ErrorKind::Protocol`](crate::ErrorKind::Protocol): the bytes do not begin at offset 0.
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

/// Options for resolving a name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ResolveOptions {
    /// Also read the manifest if that costs no extra step, and reject manifests with more bytes than this. Default:
    /// `None`, do not read.
    pub read: Option<u64>,
}

impl ResolveOptions {
    /// Also reads the manifest, up to `limit` bytes, if that costs no extra step.
    #[must_use]
    pub fn with_read(mut self, limit: u64) -> Self {
        self.read = Some(limit);
        self
    }
}

/// The result of resolving a name.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Resolved {
    /// The descriptor the name resolves to.
    pub descriptor: Descriptor,
    /// The content, if it was read too.
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
