//! Records of uploads, so that the upload of a large blob resumes in a later run of the program.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use oras_content::{Descriptor, Digest, Error, Result};

use crate::Repository;
use crate::session::Session;

/// Minimum size of a blob whose upload is recorded: 8 MiB.
const LEAST: u64 = 8 * 1024 * 1024;

/// Stores the locations of large uploads, so that a later run of a program can resume them.
///
/// The record is read before a blob of 8 MiB or more is uploaded, if its content can be read again. If there is one,
/// the registry is asked whether it has the blob by now, or else how much of it, and receives the rest. If the registry
/// has discarded the upload, all of the blob is sent again. The whole content is hashed in either case. A recorded
/// upload is not cancelled if it fails for a transient reason, such as a broken connection, or if its future is
/// dropped.
///
/// Spec: distribution-spec v1.1, "Pushing a blob in chunks".
///
/// ```
/// use std::collections::HashMap;
/// use std::sync::{Arc, Mutex};
///
/// use async_trait::async_trait;
/// use oras_registry::{ClientOptions, UploadKey, UploadRecord, UploadRecords};
///
/// /// Records that last as long as the program, and survive a client.
/// #[derive(Clone, Debug, Default)]
/// struct InMemory(Arc<Mutex<HashMap<String, String>>>);
///
/// #[async_trait]
/// impl UploadRecords for InMemory {
///     async fn claim(&self, key: &UploadKey) -> Option<Box<dyn UploadRecord>> {
///         Some(Box::new(Slot { records: self.clone(), key: key.to_string() }))
///     }
/// }
///
/// struct Slot {
///     records: InMemory,
///     key: String,
/// }
///
/// #[async_trait]
/// impl UploadRecord for Slot {
///     async fn read(&self) -> Option<String> {
///         self.records.0.lock().unwrap().get(&self.key).cloned()
///     }
///
///     async fn write(&self, location: &str) -> bool {
///         self.records.0.lock().unwrap().insert(self.key.clone(), location.to_owned());
///         true
///     }
///
///     async fn remove(&self) {
///         self.records.0.lock().unwrap().remove(&self.key);
///     }
/// }
///
/// let options = ClientOptions::default().with_upload_records(Arc::new(InMemory::default()));
/// # let _ = options;
/// ```
#[async_trait]
pub trait UploadRecords: Send + Sync + fmt::Debug {
    /// Claims the record for this upload, which need not exist yet, until the returned value is dropped. Returns `None`
    /// if another upload has claimed it, or if nothing can be stored. The upload then starts from the beginning and
    /// leaves no record.
    async fn claim(&self, key: &UploadKey) -> Option<Box<dyn UploadRecord>>;
}

/// The record of one upload.
///
/// Anyone who knows the location may be able to write to the upload: keep it secret from other users.
#[async_trait]
pub trait UploadRecord: Send + Sync {
    /// Returns the location that was written last.
    async fn read(&self) -> Option<String>;

    /// Replaces the location, and returns whether it was stored. If not, the upload continues, and is cancelled on
    /// failure like one without a record.
    async fn write(&self, location: &str) -> bool;

    /// Deletes the location.
    async fn remove(&self);
}

/// Identifies an upload. Displayed as `registry/repository@digest`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct UploadKey {
    /// The registry and the name of the repository.
    pub repository: String,
    /// The digest of the blob.
    pub digest: Digest,
}

impl fmt::Display for UploadKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.repository, self.digest)
    }
}

/// The default: no records.
#[derive(Debug)]
pub(crate) struct NoRecords;

#[async_trait]
impl UploadRecords for NoRecords {
    async fn claim(&self, _: &UploadKey) -> Option<Box<dyn UploadRecord>> {
        None
    }
}

/// The record of an upload, if it has one.
pub(crate) struct Record {
    slot: Option<Box<dyn UploadRecord>>,
    /// Whether a later run can find the upload.
    is_kept: AtomicBool,
}

impl Record {
    /// An upload without a record, which ends with this program.
    pub(crate) fn none() -> Self {
        Self::of(None)
    }

    fn of(slot: Option<Box<dyn UploadRecord>>) -> Self {
        Self {
            slot,
            is_kept: AtomicBool::new(false),
        }
    }

    pub(crate) async fn claim(repository: &Repository, expected: &Descriptor) -> Self {
        if expected.size < LEAST {
            return Self::none();
        }
        let key = UploadKey {
            repository: repository.full_name.to_string(),
            digest: expected.digest.clone(),
        };
        Self::of(repository.core.client.upload_records.claim(&key).await)
    }

    pub(crate) fn is_kept(&self) -> bool {
        self.is_kept.load(Ordering::Relaxed)
    }

    /// The session that an earlier upload left. A location that is no longer allowed is deleted.
    pub(crate) async fn session(&self, repository: &Repository, expected: &Descriptor) -> Option<Session> {
        let location = self.slot.as_ref()?.read().await?;
        let session = Session::recorded(repository, &location, &repository.describe(expected));
        match session.is_ok() {
            true => self.is_kept.store(true, Ordering::Relaxed),
            false => self.remove().await,
        }
        session.ok()
    }

    /// Stores the location of the upload. If that works, the upload stays open when this program ends.
    pub(crate) async fn keep(&self, repository: &Repository, session: &Session) {
        let Some(slot) = &self.slot else { return };
        let is_kept = slot.write(&session.location().to_string()).await;
        self.is_kept.store(is_kept, Ordering::Relaxed);
        match is_kept {
            true => repository.core.client.uploads.forget(session),
            false => repository.core.client.uploads.note(repository, session),
        }
    }

    pub(crate) async fn remove(&self) {
        if let Some(slot) = &self.slot {
            slot.remove().await;
            self.is_kept.store(false, Ordering::Relaxed);
        }
    }
}

impl Repository {
    /// Whether there is an upload of the blob to resume.
    pub(crate) async fn has_record(&self, expected: &Descriptor) -> bool {
        let record = Record::claim(self, expected).await;
        record.session(self, expected).await.is_some()
    }
}

impl Session {
    /// The session at a recorded location.
    fn recorded(repository: &Repository, location: &str, what: &oras_content::ErrorSubject) -> Result<Self> {
        let location = location
            .parse()
            .map_err(|error: http::uri::InvalidUri| Error::protocol(what, error))?;
        Self::at(repository, location, what)
    }
}
