//! Writing content and tags.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use super::{Location, Store};
use crate::{Descriptor, Payload, Result, Tag};

/// A store that content can be written to.
#[async_trait]
pub trait Writer: Store {
    /// Stores the content of `expected`, read from `payload`, unless the store already has it, and adds
    /// [`PushOptions::tags`].
    ///
    /// Nothing is visible before it is complete and verified. Dropping the future leaves nothing behind under the final
    /// name. If the store already has the content, returns [`Pushed::Present`] without opening `payload`, unless
    /// [`PushOptions::force`] is set. Registries always accept manifests and return [`Pushed::Stored`], because pushing
    /// a manifest is what sets its tags and lists it among referrers.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::Payload`](crate::ErrorKind::Payload): `payload` could not be read.
    /// - [`ErrorKind::Verify`](crate::ErrorKind::Verify): `payload` does not match `expected`.
    /// - [`ErrorKind::MissingContent`](crate::ErrorKind::MissingContent): a manifest was rejected because its
    ///   successors are missing.
    /// - [`ErrorKind::InvalidReference`](crate::ErrorKind::InvalidReference): the store does not accept a tag.
    async fn push_opts(&self, expected: &Descriptor, payload: Payload, opts: PushOptions) -> Result<Pushed>;

    /// Points `tag` to `target`, replacing any previous target.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::NotFound`](crate::ErrorKind::NotFound): the store does not have the content.
    /// - [`ErrorKind::InvalidReference`](crate::ErrorKind::InvalidReference): the store does not accept the tag.
    async fn set_tag(&self, target: &Descriptor, tag: &Tag) -> Result<()>;

    /// Checks whether the store has the content of `expected`, or can mount it from one of [`PushOptions::mount_from`].
    /// Transfers no content.
    ///
    /// # Errors
    ///
    /// Any error of the store. A refused mount is not an error.
    async fn offer(&self, expected: &Descriptor, opts: &PushOptions) -> Result<Offered> {
        if !opts.force && self.exists(expected).await? {
            return Ok(Offered::Present);
        }
        Ok(Offered::Wanted(None))
    }

    /// Ends an upload opened by an [offer](Self::offer) that is no longer needed. Does nothing by default. Failures are
    /// not reported, because registries expire abandoned uploads.
    async fn abandon(&self, upload: OpenUpload) {
        let _ = upload;
    }

    /// Starts a batch, if the store can write many names and manifests for little more than the cost of one. Default:
    /// `None`.
    fn batch(&self) -> Option<Box<dyn Batch + '_>> {
        None
    }
}

/// A writer whose changes become visible and durable with the next [`flush`](Self::flush). Reads through the batch see
/// them at once. Dropping a batch flushes what it can without waiting.
#[async_trait]
pub trait Batch: Writer {
    /// Makes everything pushed and tagged so far visible, all at once.
    ///
    /// # Errors
    ///
    /// Changes that could not be made visible, and those that depend on them, are part of the next flush.
    ///
    /// - [`ErrorKind::MissingContent`](crate::ErrorKind::MissingContent): another process removed content in the
    ///   meantime; push it again and flush again.
    /// - Those of [`Writer::push_opts`] and [`Writer::set_tag`].
    async fn flush(&self) -> Result<()>;
}

/// Options for pushing.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct PushOptions {
    /// The tags to add once the content is stored, in the same step if the store supports it. Default: none.
    pub tags: Vec<Tag>,
    /// Repositories to mount the content from. Default: none. A store that cannot mount from them ignores them.
    ///
    /// Spec: distribution-spec v1.1, "Mounting a blob from another repository".
    pub mount_from: Vec<Location>,
    /// Store the content even if the store reports that it has it, to replace a damaged or lost copy. Default: `false`.
    pub force: bool,
    /// The upload opened by an [offer](Writer::offer), to use instead of a new one. Default: `None`. Ignored by a store
    /// that did not open it.
    pub upload: Option<OpenUpload>,
}

impl PushOptions {
    /// Adds a tag.
    #[must_use]
    pub fn with_tag(mut self, tag: Tag) -> Self {
        self.tags.push(tag);
        self
    }

    /// Replaces the tags.
    #[must_use]
    pub fn with_tags(mut self, tags: impl IntoIterator<Item = Tag>) -> Self {
        self.tags = tags.into_iter().collect();
        self
    }

    /// Mounts the content from one of these repositories if possible.
    #[must_use]
    pub fn with_mount_from(mut self, from: impl IntoIterator<Item = Location>) -> Self {
        self.mount_from = from.into_iter().collect();
        self
    }

    /// Stores the content even if the store reports that it has it.
    #[must_use]
    pub fn with_force(mut self, force: bool) -> Self {
        self.force = force;
        self
    }

    /// Uses this open upload.
    #[must_use]
    pub fn with_upload(mut self, upload: Option<OpenUpload>) -> Self {
        self.upload = upload;
        self
    }
}

/// The result of a push.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Pushed {
    /// The content was read and stored.
    Stored,
    /// The store already had the content; nothing was read.
    Present,
    /// The registry mounted the content from another repository; nothing was read.
    Mounted,
}

/// The result of an offer.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Offered {
    /// The store has the content.
    Present,
    /// The store has mounted the content from another repository.
    Mounted,
    /// The content has to be pushed, using the upload that the store opened, if any.
    Wanted(Option<OpenUpload>),
}

/// An upload opened by a registry in response to an offer. Only the store that returned it can use it.
#[derive(Clone)]
pub struct OpenUpload(Arc<dyn Any + Send + Sync>);

impl OpenUpload {
    /// Wraps the store's own state of the upload.
    pub fn new<T: Send + Sync + 'static>(upload: T) -> Self {
        Self(Arc::new(upload))
    }

    /// Returns the store's own state of the upload, if it is of this type.
    pub fn get<T: 'static>(&self) -> Option<&T> {
        self.0.downcast_ref()
    }
}

impl fmt::Debug for OpenUpload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenUpload").finish_non_exhaustive()
    }
}
