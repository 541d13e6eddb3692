//! Writing and removing content.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;

use super::ReferencePusher;
use crate::{Descriptor, MediaType, Result, Source, Verified};

/// A store that content can be written to.
///
/// What a store can do beyond a push it says by the provided methods. A wrapper forwards each of them on purpose;
/// `clippy::missing_trait_methods` tells which one it forgot.
#[async_trait]
pub trait Pusher: Send + Sync {
    /// Stores the content of `expected`, read from `body`.
    ///
    /// Nothing is visible before it is complete and verified. When the future is dropped, nothing is left behind
    /// under the final name.
    ///
    /// # Errors
    ///
    /// - [`Error::AlreadyExists`](crate::Error::AlreadyExists): the store has it; `body` was not opened.
    /// - [`Error::Verify`](crate::Error::Verify): `body` is something else.
    /// - [`Error::MissingContent`](crate::Error::MissingContent): a manifest whose children are missing was refused.
    async fn push(&self, expected: &Descriptor, body: Source) -> Result<()>;

    /// The way to push a manifest and tag it at once.
    fn reference_pusher(&self) -> Option<&dyn ReferencePusher> {
        None
    }

    /// The way to use content of another repository.
    fn mounter(&self) -> Option<&dyn Mounter> {
        None
    }

    /// The way to write content whose descriptor is known only at the end.
    fn ingester(&self) -> Option<&dyn Ingester> {
        None
    }
}

/// What every [`Pusher`] offers to those who write.
pub trait PusherExt: Pusher {
    /// Stores `bytes` and describes them.
    ///
    /// # Errors
    ///
    /// As [`Pusher::push`].
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mounted {
    /// The repository has the content now, and no bytes were sent.
    Mounted,
    /// The registry did not mount it; the content was pushed instead.
    Pushed,
}

/// A repository that can take over content of another repository of its registry.
///
/// Spec: distribution-spec v1.1, "Mounting a blob from another repository".
#[async_trait]
pub trait Mounter: Send + Sync {
    /// The registry within which mounts work, as in [`Location::registry`](super::Location::registry).
    fn registry(&self) -> &str;

    /// Makes the content of `target` in the repository `from` available in this one.
    ///
    /// Where the registry does not mount it, `otherwise` is pushed, in the upload session that the registry opened
    /// where it opened one.
    ///
    /// # Errors
    ///
    /// As [`Pusher::push`]. A refused mount is not an error.
    async fn mount(&self, target: &Descriptor, from: &str, otherwise: Source) -> Result<Mounted>;
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
    /// [`Error::NotFound`](crate::Error::NotFound): there is none under this id, or it was too old, or somebody else
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

    /// Discards what was written. That of a [`Resumer`] cannot be gone on with afterwards.
    async fn discard(self: Box<Self>) {}

    /// Verifies what was written and makes it the content of `expected`.
    ///
    /// # Errors
    ///
    /// - [`Error::AlreadyExists`](crate::Error::AlreadyExists): the store has it.
    /// - [`Error::Verify`](crate::Error::Verify): what was written is something else.
    async fn commit(self: Box<Self>, expected: &Descriptor) -> Result<()>;
}

/// A store that content can be removed from.
#[async_trait]
pub trait Deleter: Send + Sync {
    /// Removes the content of `target` and every tag on it.
    ///
    /// # Errors
    ///
    /// - [`Error::NotFound`](crate::Error::NotFound): the store does not have it.
    /// - [`Error::Unsupported`](crate::Error::Unsupported): the store does not delete.
    async fn delete(&self, target: &Descriptor) -> Result<()>;
}
