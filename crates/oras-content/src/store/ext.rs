//! Convenience methods on every store.

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream};

use super::{
    ContentLister, Deleter, OpenOptions, Opened, PredecessorFinder, PushOptions, Pushed, ResolveOptions,
    Stager, Store, TagLister, Untagger, Writer,
};
use crate::{
    ByteRange, Descriptor, Error, IntoName, InvalidReference, Manifest, MediaType, Name, Payload, Result,
    Verified, VerifiedContent,
};

/// Convenience methods for reading, available on every [`Store`].
pub trait StoreExt: Store {
    /// Opens the content of `target`. It is verified as it is read, and ends with an error on a mismatch.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::NotFound`](crate::ErrorKind::NotFound): the store does not have it.
    /// - [`ErrorKind::Verify`](crate::ErrorKind::Verify): the digest of `target` cannot be verified.
    fn fetch(&self, target: &Descriptor) -> impl Future<Output = Result<VerifiedContent>> + Send {
        async {
            let opened = self.open(target, OpenOptions::default()).await?;
            opened.verified(target)
        }
    }

    /// Opens a range of `target`, clamped to its size. Part of some content cannot be verified.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::NotFound`](crate::ErrorKind::NotFound): the store does not have it.
    /// - [`ErrorKind::Protocol`](crate::ErrorKind::Protocol): the store serves a different range.
    fn fetch_range(
        &self,
        target: &Descriptor,
        range: impl Into<ByteRange>,
    ) -> impl Future<Output = Result<Opened>> + Send {
        let range = range.into();
        async move {
            let opts = OpenOptions::default().with_range(range);
            self.open(target, opts).await?.check(target, range)
        }
    }

    /// Reads the content of `target` into memory and verifies it.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::NotFound`](crate::ErrorKind::NotFound): the store does not have it.
    /// - [`ErrorKind::SizeExceedsLimit`](crate::ErrorKind::SizeExceedsLimit): `target` has more than `limit` bytes;
    ///   nothing is fetched.
    /// - [`ErrorKind::Verify`](crate::ErrorKind::Verify): the content does not match `target`.
    fn fetch_all(&self, target: &Descriptor, limit: u64) -> impl Future<Output = Result<Verified>> + Send {
        async move {
            if target.size > limit {
                return Err(Error::size_exceeds_limit(target, limit));
            }
            self.fetch(target).await?.read_all().await
        }
    }

    /// Reads and parses the manifest `target`.
    ///
    /// # Errors
    ///
    /// As for [`fetch_all`](Self::fetch_all) and [`Manifest::parse`].
    fn fetch_manifest(
        &self,
        target: &Descriptor,
        limit: u64,
    ) -> impl Future<Output = Result<Manifest>> + Send {
        async move { Manifest::parse(self.fetch_all(target, limit).await?) }
    }

    /// Resolves a tag or digest to its descriptor.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::NotFound`](crate::ErrorKind::NotFound): nothing has this name.
    /// - [`ErrorKind::MissingName`](crate::ErrorKind::MissingName): the name is empty.
    fn resolve(&self, name: impl IntoName) -> impl Future<Output = Result<Descriptor>> + Send {
        let name = self.named(name);
        async move {
            let resolved = self.resolve_opts(&name?, ResolveOptions::default()).await?;
            Ok(resolved.descriptor)
        }
    }

    /// Resolves a tag or digest and reads its content into memory, in one step if the store supports it.
    ///
    /// # Errors
    ///
    /// As for [`resolve`](Self::resolve) and [`fetch_all`](Self::fetch_all).
    fn fetch_named(&self, name: impl IntoName, limit: u64) -> impl Future<Output = Result<Verified>> + Send {
        let name = self.named(name);
        async move {
            let opts = ResolveOptions::default().with_read(limit);
            let resolved = self.resolve_opts(&name?, opts).await?;
            match resolved.content {
                Some(content) => Ok(content),
                None => self.fetch_all(&resolved.descriptor, limit).await,
            }
        }
    }

    /// Lists the manifests that name `node` as their subject, optionally only those of `artifact_type`. If the store
    /// cannot list referrers, lists all predecessors of `node`.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported): the store does not know predecessors.
    /// - Any error of the store. The last item of the listing may be an error, too.
    fn list_referrers<'a>(
        &'a self,
        node: &Descriptor,
        artifact_type: Option<&MediaType>,
    ) -> impl Future<Output = Result<BoxStream<'a, Result<Descriptor>>>> + Send {
        async move {
            if let Some(lister) = self.referrer_lister() {
                return Ok(lister.referrers(node, artifact_type.map(MediaType::as_str)));
            }
            let mut found = self.as_predecessor_finder()?.predecessors(node).await?;
            found.retain(|found| artifact_type.is_none() || found.artifact_type.as_ref() == artifact_type);
            Ok(stream::iter(found.into_iter().map(Ok)).boxed())
        }
    }

    /// Converts into a name, which must not be empty.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::MissingName`](crate::ErrorKind::MissingName): the name is empty.
    fn named(&self, name: impl IntoName) -> Result<Name> {
        name.into_name()?
            .ok_or_else(|| Error::missing_name(self.to_string()))
    }

    /// Returns the store as a [`Writer`].
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported): the store is read-only.
    fn as_writer(&self) -> Result<&dyn Writer> {
        self.writer().ok_or_else(|| lacks(self, "writing to"))
    }

    /// Returns the store as a [`Stager`].
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported): the store accepts content only as a whole.
    fn as_stager(&self) -> Result<&dyn Stager> {
        self.stager().ok_or_else(|| lacks(self, "staging content in"))
    }

    /// Returns the store as a [`Deleter`].
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported): the store does not delete content.
    fn as_deleter(&self) -> Result<&dyn Deleter> {
        self.deleter().ok_or_else(|| lacks(self, "deleting from"))
    }

    /// Returns the store as an [`Untagger`].
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported): the store does not remove tags.
    fn as_untagger(&self) -> Result<&dyn Untagger> {
        self.untagger().ok_or_else(|| lacks(self, "removing tags from"))
    }

    /// Returns the store as a [`TagLister`].
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported): the store does not list tags.
    fn as_tag_lister(&self) -> Result<&dyn TagLister> {
        self.tag_lister()
            .ok_or_else(|| lacks(self, "listing the tags of"))
    }

    /// Returns the store as a [`ContentLister`].
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported): the store does not list its content.
    fn as_content_lister(&self) -> Result<&dyn ContentLister> {
        self.content_lister()
            .ok_or_else(|| lacks(self, "listing the content of"))
    }

    /// Returns the store as a [`PredecessorFinder`].
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported): the store does not know predecessors.
    fn as_predecessor_finder(&self) -> Result<&dyn PredecessorFinder> {
        self.predecessor_finder()
            .ok_or_else(|| lacks(self, "finding predecessors in"))
    }
}

impl<T: Store + ?Sized> StoreExt for T {}

fn lacks(store: &(impl Store + ?Sized), what: &str) -> Error {
    Error::unsupported(format!("{what} {store}"))
}

/// Convenience methods for writing, available on every [`Writer`].
pub trait WriterExt: Writer {
    /// Stores the content of `expected`, read from `payload`, unless the store already has it.
    ///
    /// # Errors
    ///
    /// As for [`Writer::push_opts`].
    fn push<'a>(
        &'a self,
        expected: &'a Descriptor,
        payload: impl Into<Payload>,
    ) -> BoxFuture<'a, Result<Pushed>> {
        self.push_opts(expected, payload.into(), PushOptions::default())
    }

    /// Stores `bytes` unless the store already has them, and returns their descriptor.
    ///
    /// # Errors
    ///
    /// As for [`Writer::push_opts`].
    fn push_bytes(
        &self,
        media_type: MediaType,
        bytes: impl Into<Bytes> + Send,
    ) -> impl Future<Output = Result<Descriptor>> + Send {
        async move {
            let content = Verified::of(media_type, bytes);
            let descriptor = content.descriptor().clone();
            self.push(&descriptor, content).await?;
            Ok(descriptor)
        }
    }

    /// Points a tag to `target`, replacing any previous target. Tagging with `target`'s own digest has no effect.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::NotFound`](crate::ErrorKind::NotFound): the store does not have the content.
    /// - [`ErrorKind::MissingName`](crate::ErrorKind::MissingName): the name is empty.
    /// - [`ErrorKind::InvalidReference`](crate::ErrorKind::InvalidReference): the name is the digest of other content,
    ///   or a tag that the store does not accept.
    fn tag(&self, target: &Descriptor, name: impl IntoName) -> impl Future<Output = Result<()>> + Send {
        let name = name.into_name();
        async move {
            match name?.ok_or_else(|| Error::missing_name(target))? {
                Name::Tag(tag) => self.set_tag(target, &tag).await,
                Name::Digest(digest) if digest != target.digest => {
                    let reason = "a digest cannot name other content";
                    Err(InvalidReference::new(digest.as_str(), reason).into())
                }
                Name::Digest(_) if self.exists(target).await? => Ok(()),
                Name::Digest(_) => Err(Error::not_found(target)),
            }
        }
    }
}

impl<T: Writer + ?Sized> WriterExt for T {}
