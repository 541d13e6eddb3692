//! Writing content and giving it names.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use super::{Location, Store};
use crate::{Descriptor, Payload, Result, Tag};

/// A store that content can be written to.
#[async_trait]
pub trait Writer: Store {
    /// Stores the content of `expected`, read from `payload`, unless the store has it, and gives it the tags of
    /// [`PushOptions::tags`].
    ///
    /// Nothing is visible before it is complete and verified. When the future is dropped, nothing is left behind
    /// under the final name. Content that is there is [`Pushed::Present`] and `payload` is not opened, unless
    /// [`PushOptions::force`] is set. A registry takes a manifest whether it has it or not, since that is how its tags
    /// and its place among referrers are set: it is always [`Pushed::Stored`].
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::Payload`](crate::ErrorKind::Payload): `payload` could not be read.
    /// - [`ErrorKind::Verify`](crate::ErrorKind::Verify): `payload` is something else.
    /// - [`ErrorKind::MissingContent`](crate::ErrorKind::MissingContent): a manifest whose children are missing was
    ///   refused.
    /// - [`ErrorKind::InvalidReference`](crate::ErrorKind::InvalidReference): the store cannot have such a tag.
    async fn push_opts(&self, expected: &Descriptor, payload: Payload, opts: PushOptions) -> Result<Pushed>;

    /// Makes `tag` point to `target`, whatever it pointed to before.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::NotFound`](crate::ErrorKind::NotFound): the store does not have the content.
    /// - [`ErrorKind::InvalidReference`](crate::ErrorKind::InvalidReference): the store cannot have such a tag.
    async fn set_tag(&self, target: &Descriptor, tag: &Tag) -> Result<()>;

    /// Asks whether the store has the content of `expected`, or can mount it from one of
    /// [`PushOptions::mount_from`]. No bytes of it move.
    ///
    /// # Errors
    ///
    /// The store could not tell. A refused mount is not an error.
    async fn offer(&self, expected: &Descriptor, opts: &PushOptions) -> Result<Offered> {
        if !opts.force && self.exists(expected).await? {
            return Ok(Offered::Present);
        }
        Ok(Offered::Wanted(None))
    }

    /// Ends an upload that an [offer](Self::offer) opened and that nobody needs any more. Nothing is done by default, and
    /// a failure is not told: the other side ends it by itself in time.
    async fn abandon(&self, upload: OpenUpload) {
        let _ = upload;
    }

    /// Starts a batch, where the store can write many names and manifests for little more than one. None by default.
    fn batch(&self) -> Option<Box<dyn Batch + '_>> {
        None
    }
}

/// A writer whose work is visible, and lasts, from its next [`flush`](Self::flush) on; who reads through the batch sees it
/// before. A batch that is dropped does what it can without waiting for anybody.
#[async_trait]
pub trait Batch: Writer {
    /// Makes what was pushed and tagged visible, all at once.
    ///
    /// # Errors
    ///
    /// What could not be made visible, and what builds on it, is part of the next flush.
    ///
    /// - [`ErrorKind::MissingContent`](crate::ErrorKind::MissingContent): content was removed meanwhile by somebody else;
    ///   push it again, and flush again.
    /// - Those of [`Writer::push_opts`] and [`Writer::set_tag`].
    async fn flush(&self) -> Result<()>;
}

/// How to push.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct PushOptions {
    /// The tags to give the content once it is there. None by default. A store that can gives them in the same step.
    pub tags: Vec<Tag>,
    /// Repositories that may have the content, to mount it from. None by default; a store that cannot mount from them
    /// ignores them.
    ///
    /// Spec: distribution-spec v1.1, "Mounting a blob from another repository".
    pub mount_from: Vec<Location>,
    /// Whether to store the content even where the store says that it has it, to replace a damaged or lost copy.
    /// `false` by default.
    pub force: bool,
    /// The upload that an [offer](Writer::offer) opened, to be used instead of a new one. None by default; a store
    /// that did not open it ignores it.
    pub upload: Option<OpenUpload>,
}

impl PushOptions {
    /// Gives the content this tag, too.
    #[must_use]
    pub fn with_tag(mut self, tag: Tag) -> Self {
        self.tags.push(tag);
        self
    }

    /// Gives the content these tags, and no others.
    #[must_use]
    pub fn with_tags(mut self, tags: impl IntoIterator<Item = Tag>) -> Self {
        self.tags = tags.into_iter().collect();
        self
    }

    /// Mounts the content from one of these repositories where possible.
    #[must_use]
    pub fn with_mount_from(mut self, from: impl IntoIterator<Item = Location>) -> Self {
        self.mount_from = from.into_iter().collect();
        self
    }

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
    /// The store had it; nothing was read.
    Present,
    /// The registry took it over from another of its repositories; nothing was read.
    Mounted,
}

/// What became of an offer.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Offered {
    /// The store has the content.
    Present,
    /// The store has the content now, taken over from another repository.
    Mounted,
    /// The content has to be pushed; by the upload that the store opened, where it opened one.
    Wanted(Option<OpenUpload>),
}

/// An upload that a registry opened in answer to an offer; it belongs to the store that returned it.
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
