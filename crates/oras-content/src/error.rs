//! The error of every store: what a caller can do about it, what it is about, and its cause.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::{
    ErrorKind, ErrorSubject, InvalidDigest, InvalidMediaType, InvalidReference, StoreName, VerifyError,
};

/// Any error, as the cause of another.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The result of a storage operation.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a store could not do what it was asked.
///
/// The [`kind`](Self::kind) is what a caller decides by; the [`subject`](Self::subject) is the content, name, file or
/// repository concerned, and the store that it is in. The text is this error's own part; the cause is in
/// [`source`](std::error::Error::source) alone.
///
/// A store of your own makes its errors with the constructors:
///
/// ```
/// use oras_content::{Error, ErrorKind};
///
/// let error = Error::unavailable("bucket/app", true, "connection reset");
/// assert_eq!(error.kind(), &ErrorKind::Unavailable { transient: true });
/// assert_eq!(error.to_string(), "bucket/app is unavailable");
/// assert!(error.is_transient());
/// ```
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone, Debug)]
struct Inner {
    kind: ErrorKind,
    subject: Option<ErrorSubject>,
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// An error of this kind about `subject`.
    pub fn new(kind: ErrorKind, subject: impl Into<ErrorSubject>) -> Self {
        Self(Box::new(Inner {
            kind,
            subject: Some(subject.into()),
            source: None,
        }))
    }

    /// Adds the cause.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<BoxError>) -> Self {
        self.0.source = Some(source.into().into());
        self
    }

    /// The caller is known, and may not do this.
    pub fn denied(subject: impl Into<ErrorSubject>) -> Self {
        Self::new(ErrorKind::Denied, subject)
    }

    /// A document that is not the manifest it should be, and what is wrong with it.
    pub fn invalid_manifest(subject: impl Into<ErrorSubject>, source: impl Into<BoxError>) -> Self {
        Self::new(ErrorKind::InvalidManifest, subject).with_source(source)
    }

    /// A tag or digest was needed in the store or repository `subject`.
    pub fn missing_name(subject: impl Into<ErrorSubject>) -> Self {
        Self::new(ErrorKind::MissingName, subject)
    }

    /// There is nothing of this name.
    pub fn not_found(subject: impl Into<ErrorSubject>) -> Self {
        Self::new(ErrorKind::NotFound, subject)
    }

    /// The other side broke its protocol, and how.
    pub fn protocol(subject: impl Into<ErrorSubject>, source: impl Into<BoxError>) -> Self {
        Self::new(ErrorKind::Protocol, subject).with_source(source)
    }

    /// The other side asks for fewer requests, and perhaps says how long to wait.
    pub fn rate_limited(subject: impl Into<ErrorSubject>, retry_after: Option<Duration>) -> Self {
        Self::new(ErrorKind::RateLimited { retry_after }, subject)
    }

    /// Doing `subject` would be unsafe. The reason says why, and what to do instead.
    pub fn refused(subject: impl Into<ErrorSubject>, reason: impl Into<BoxError>) -> Self {
        Self::new(ErrorKind::Refused, subject).with_source(reason)
    }

    /// The content is larger than `limit` bytes.
    pub fn size_exceeds_limit(subject: impl Into<ErrorSubject>, limit: u64) -> Self {
        Self::new(ErrorKind::SizeExceedsLimit { limit }, subject)
    }

    /// Reading or writing local storage failed.
    pub fn storage(subject: impl Into<ErrorSubject>, source: impl Into<BoxError>) -> Self {
        Self::new(ErrorKind::Storage, subject).with_source(source)
    }

    /// There are more than `limit` of something, such as pages or entries, in `subject`.
    pub fn too_many(subject: impl Into<ErrorSubject>, unit: &'static str, limit: u64) -> Self {
        Self::new(ErrorKind::TooMany { unit, limit }, subject)
    }

    /// The other side wants to know who is asking.
    pub fn unauthenticated(subject: impl Into<ErrorSubject>) -> Self {
        Self::new(ErrorKind::Unauthenticated, subject)
    }

    /// The other side could not be reached or could not answer; `transient` where the same request may succeed later.
    pub fn unavailable(
        subject: impl Into<ErrorSubject>,
        transient: bool,
        source: impl Into<BoxError>,
    ) -> Self {
        Self::new(ErrorKind::Unavailable { transient }, subject).with_source(source)
    }

    /// An operation that this store does not do.
    pub fn unsupported(subject: impl Into<ErrorSubject>) -> Self {
        Self::new(ErrorKind::Unsupported, subject)
    }

    /// Content that is not what its descriptor says.
    pub fn verify(subject: impl Into<ErrorSubject>, source: VerifyError) -> Self {
        Self::new(ErrorKind::Verify, subject).with_source(source)
    }

    /// The error of reading the content of a push, as the store that it was pushed to reports it.
    #[must_use]
    pub fn of_payload(self) -> Self {
        if self.0.kind == ErrorKind::Payload {
            return self;
        }
        Self(Box::new(Inner {
            kind: ErrorKind::Payload,
            subject: self.0.subject.clone(),
            source: Some(Arc::new(self)),
        }))
    }

    /// What a caller can do about it.
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// What it is about; `None` for a text that could not be read as a name, digest or media type.
    pub fn subject(&self) -> Option<&ErrorSubject> {
        self.0.subject.as_ref()
    }

    /// The error of a store that this one reports, as [`ErrorKind::Payload`] and [`ErrorKind::NotListed`] do.
    pub fn inner(&self) -> Option<&Self> {
        self.0.source.as_deref()?.downcast_ref()
    }

    /// The nearest cause of type `T`, such as a [`VerifyError`] or the answer of a registry.
    ///
    /// ```
    /// use oras_content::{Error, VerifyError};
    ///
    /// let digest = oras_content::Algorithm::Sha256.digest(b"");
    /// let error = Error::verify(&digest.clone(), VerifyError::Algorithm { digest });
    /// assert!(error.cause::<VerifyError>().is_some());
    /// ```
    pub fn cause<T: std::error::Error + 'static>(&self) -> Option<&T> {
        let first = std::error::Error::source(self);
        std::iter::successors(first, |cause| cause.source()).find_map(|cause| cause.downcast_ref())
    }

    /// The error that this one reports, where it is one of a store, or else this one.
    #[must_use]
    pub fn into_inner(self) -> Self {
        self.inner().cloned().unwrap_or(self)
    }

    /// The same error, of another kind.
    #[must_use]
    pub fn with_kind(mut self, kind: ErrorKind) -> Self {
        self.0.kind = kind;
        self
    }

    /// The same error, about something in this store unless it says which.
    #[must_use]
    pub fn in_store(mut self, store: &StoreName) -> Self {
        // What is read for a push is in another store.
        if self.0.kind != ErrorKind::Payload
            && let Some(subject) = &mut self.0.subject
        {
            subject.set_store(store);
        }
        self
    }

    /// The same error, about something else.
    #[must_use]
    pub fn about(mut self, subject: impl Into<ErrorSubject>) -> Self {
        self.0.subject = Some(subject.into());
        self
    }

    /// Whether there is nothing of that name.
    pub fn is_not_found(&self) -> bool {
        self.0.kind == ErrorKind::NotFound
    }

    /// Whether the same call may succeed when it is made again later.
    pub fn is_transient(&self) -> bool {
        match self.0.kind {
            ErrorKind::RateLimited { .. } => true,
            ErrorKind::Unavailable { transient } => transient,
            ErrorKind::NotListed | ErrorKind::Payload => self.inner().is_some_and(Self::is_transient),
            _ => false,
        }
    }

    /// An error in the words of `source`.
    fn transparent(kind: ErrorKind, source: impl Into<BoxError>) -> Self {
        Self(Box::new(Inner {
            kind,
            subject: None,
            source: Some(source.into().into()),
        }))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.0.subject, &self.0.source) {
            (Some(subject), _) => self.0.kind.describe(subject, f),
            (None, Some(source)) => source.fmt(f),
            (None, None) => f.write_str("unknown error"),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("subject", &self.0.subject)
            .field("source", &self.0.source)
            .finish()
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        let source = self.0.source.as_deref()?;
        match self.0.subject {
            Some(_) => Some(source),
            // Its words are this error's own.
            None => source.source(),
        }
    }
}

impl From<InvalidDigest> for Error {
    fn from(error: InvalidDigest) -> Self {
        Self::transparent(ErrorKind::InvalidDigest, error)
    }
}

impl From<InvalidMediaType> for Error {
    fn from(error: InvalidMediaType) -> Self {
        Self::transparent(ErrorKind::InvalidMediaType, error)
    }
}

impl From<InvalidReference> for Error {
    fn from(error: InvalidReference) -> Self {
        Self::transparent(ErrorKind::InvalidReference, error)
    }
}
