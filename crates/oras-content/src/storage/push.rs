//! Writing and removing content.

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::future::BoxFuture;

use super::{ReferencePusher, ReferrerKeeper};
use crate::{Descriptor, MediaType, Result, Source, Verified};

/// A store that content can be written to.
///
/// What a store can do beyond a push it says by the provided methods. A wrapper forwards each of them on purpose;
/// `clippy::missing_trait_methods` tells which one it forgot.
#[async_trait]
pub trait Pusher: Send + Sync {
    /// Stores the content of `expected`, read from `body`, unless the store has it.
    ///
    /// Nothing is visible before it is complete and verified. When the future is dropped, nothing is left behind
    /// under the final name. Content that is there is [`Pushed::Present`] and `body` is not opened, unless
    /// [`PushOptions::force`] is set.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::Payload`](crate::ErrorKind::Payload): `body` could not be read.
    /// - [`ErrorKind::Verify`](crate::ErrorKind::Verify): `body` is something else.
    /// - [`ErrorKind::MissingContent`](crate::ErrorKind::MissingContent): a manifest whose children are missing was refused.
    async fn push_opts(&self, expected: &Descriptor, body: Source, opts: PushOptions) -> Result<Pushed>;

    /// One-request push and tag of a manifest, if supported.
    fn reference_pusher(&self) -> Option<&dyn ReferencePusher> {
        None
    }

    /// Mounts from other repositories of the same registry, if supported.
    fn mounter(&self) -> Option<&dyn Mounter> {
        None
    }

    /// Listings of referrers that clients have to keep, if the store has them.
    fn referrer_keeper(&self) -> Option<&dyn ReferrerKeeper> {
        None
    }

    /// Writes of content whose descriptor is known only at the end, if supported.
    fn ingester(&self) -> Option<&dyn Ingester> {
        None
    }
}

/// How to push.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct PushOptions {
    /// Whether to store the content even where the store says that it has it, to replace a damaged or lost copy.
    /// `false` by default.
    pub force: bool,
    /// The upload that a refused mount opened, to be used instead of a new one. None by default; a store that did not
    /// open it ignores it.
    pub upload: Option<OpenUpload>,
}

impl PushOptions {
    /// Stores the content whatever the store says about having it.
    #[must_use]
    pub fn with_force(mut self, force: bool) -> Self {
        self.force = force;
        self
    }

    /// Uses this upload.
    #[must_use]
    pub fn with_upload(mut self, upload: Option<OpenUpload>) -> Self {
        self.upload = upload;
        self
    }
}

/// What a push did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Pushed {
    /// The content was read and stored.
    Stored,
    /// The store had it; nothing was read or written.
    Present,
}

/// What every [`Pusher`] offers to those who write.
pub trait PusherExt: Pusher {
    /// Stores the content of `expected`, read from `body`, unless the store has it.
    ///
    /// # Errors
    ///
    /// As [`Pusher::push_opts`].
    fn push<'a>(&'a self, expected: &'a Descriptor, body: Source) -> BoxFuture<'a, Result<Pushed>> {
        self.push_opts(expected, body, PushOptions::default())
    }

    /// Stores `bytes`, unless the store has them, and describes them.
    ///
    /// # Errors
    ///
    /// As [`Pusher::push_opts`].
    fn push_bytes(
        &self,
        media_type: MediaType,
        bytes: impl Into<Bytes> + Send,
    ) -> impl Future<Output = Result<Descriptor>> + Send {
        async move {
            let content = Verified::of(media_type, bytes);
            let descriptor = content.descriptor().clone();
            self.push(&descriptor, content.into()).await?;
            Ok(descriptor)
        }
    }
}

impl<T: Pusher + ?Sized> PusherExt for T {}

/// What became of a mount.
#[derive(Clone, Debug)]
pub enum Mounted {
    /// The repository has the content now, and no bytes were sent.
    Mounted,
    /// The registry did not mount it. Pass the upload that it opened instead, if any, to the push of the content.
    Refused(Option<OpenUpload>),
}

/// An upload that a registry opened when it refused a mount; it belongs to the store that returned it.
#[derive(Clone)]
pub struct OpenUpload(Arc<dyn Any + Send + Sync>);

impl OpenUpload {
    /// Wraps what the store knows of the upload.
    pub fn new<T: Send + Sync + 'static>(upload: T) -> Self {
        Self(Arc::new(upload))
    }

    /// What the store knows of the upload, where it is of this type.
    pub fn get<T: 'static>(&self) -> Option<&T> {
        self.0.downcast_ref()
    }
}

impl fmt::Debug for OpenUpload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenUpload").finish_non_exhaustive()
    }
}

/// A repository that can take over content of another repository of its registry.
///
/// Spec: distribution-spec v1.1, "Mounting a blob from another repository".
#[async_trait]
pub trait Mounter: Send + Sync {
    /// The registry within which mounts work, as in [`Location::registry`](super::Location::registry).
    fn registry(&self) -> &str;

    /// Makes the content of `target` in the repository `from` available in this one. No bytes of it move.
    ///
    /// # Errors
    ///
    /// The registry could not be asked. A refused mount is not an error.
    async fn mount(&self, target: &Descriptor, from: &str) -> Result<Mounted>;
}

/// A store that takes content before it knows what it will be, such as the store of a registry.
#[async_trait]
pub trait Ingester: Send + Sync {
    /// Starts to take content.
    ///
    /// # Errors
    ///
    /// The store cannot take content.
    async fn ingest(&self) -> Result<Box<dyn Ingest>>;

    /// The way to take content over several runs of a program.
    fn resumer(&self) -> Option<&dyn Resumer> {
        None
    }
}

/// A store that keeps content which it has not all of, under an id, until the next run of the program.
///
/// An id has 1 to 64 ASCII letters and digits; any other is refused. Whoever has the content of an id keeps others
/// from it, those of other processes too.
#[async_trait]
pub trait Resumer: Send + Sync {
    /// Starts to take content. Dropping it keeps what was written and [flushed](Ingest::flush).
    ///
    /// # Errors
    ///
    /// There is content under this id, or the store cannot take any.
    async fn begin(&self, id: &str) -> Result<Box<dyn Ingest>>;

    /// Goes on with content where it ended. Content that nothing was added to for `age` is discarded instead.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound): there is none under this id, or it was too old, or somebody else
    /// has it.
    async fn resume(&self, id: &str, age: Duration) -> Result<Box<dyn Ingest>>;

    /// Discards all content that nothing was added to for this long, and that nobody has.
    ///
    /// # Errors
    ///
    /// The store cannot be used.
    async fn expire(&self, age: Duration) -> Result<()>;
}

/// Content on its way into a store. Dropping it discards what was written, unless it is that of a [`Resumer`].
#[async_trait]
pub trait Ingest: Send + Sync {
    /// How many bytes were written.
    fn len(&self) -> u64;

    /// Whether nothing was written.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds the next bytes.
    ///
    /// # Errors
    ///
    /// The store could not take them; what was written before stays.
    async fn write(&mut self, bytes: Bytes) -> Result<()>;

    /// Puts what was written where it outlives the program, if this is content of a [`Resumer`].
    ///
    /// # Errors
    ///
    /// As [`write`](Self::write).
    async fn flush(&mut self) -> Result<()> {
        Ok(())
    }

    /// Discards what was written, also that of a [`Resumer`].
    async fn discard(self: Box<Self>) {}

    /// Verifies what was written and makes it the content of `expected`, unless the store has it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Verify`](crate::ErrorKind::Verify): what was written is something else.
    async fn commit(self: Box<Self>, expected: &Descriptor) -> Result<Pushed>;
}

/// A store that content can be removed from.
#[async_trait]
pub trait Deleter: Send + Sync {
    /// Removes the content of `target` and every tag on it.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::NotFound`](crate::ErrorKind::NotFound): the store does not have it.
    /// - [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported): the store does not delete.
    async fn delete(&self, target: &Descriptor) -> Result<()>;
}
