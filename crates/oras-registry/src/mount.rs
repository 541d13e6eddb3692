//! Mounts: a blob of another repository of the same registry, without sending it.

use oras_content::{
    Descriptor, Error, ErrorKind, Location, Offered, OpenUpload, PushOptions, Result, check_repository_name,
};

use crate::Repository;
use crate::error::is_answered;
use crate::session::{Session, Start};

/// What came of asking to mount a blob.
pub(crate) enum Mount {
    Mounted,
    /// The registry would not, and wants the bytes.
    Opened(Session),
    Refused,
    /// There is no repository to mount it from.
    NotAsked,
}

impl Repository {
    /// Mounts a blob from the first of the repositories that has it, or else opens an upload for it. Nothing
    /// is asked where an earlier upload of the blob goes on.
    pub(crate) async fn offer_blob(&self, expected: &Descriptor, opts: &PushOptions) -> Result<Offered> {
        if self.has_record(expected).await {
            return Ok(Offered::Wanted(None));
        }
        match self.mount(expected, &opts.mount_from).await? {
            Mount::Mounted => Ok(Offered::Mounted),
            Mount::Opened(session) => Ok(Offered::Wanted(Some(OpenUpload::new(session)))),
            Mount::NotAsked if !opts.force && self.has_blob(expected).await? => Ok(Offered::Present),
            Mount::Refused | Mount::NotAsked => Ok(Offered::Wanted(None)),
        }
    }

    /// Asks each of the repositories in turn. Of the uploads that this opens, the last is kept.
    ///
    /// Spec: distribution-spec v1.1, "Mounting a blob from another repository".
    pub(crate) async fn mount(&self, expected: &Descriptor, from: &[Location]) -> Result<Mount> {
        let mut left = Mount::NotAsked;
        for from in from.iter().filter(|from| self.mounts_from(from)) {
            let asked = match check_repository_name(&from.repository) {
                Ok(()) => self.start_upload(expected, Some(&from.repository)).await,
                Err(error) => Err(error.into()),
            };
            left = match (asked, left) {
                (Ok(Start::Present), left) => {
                    self.end(left.into_session()).await;
                    return Ok(Mount::Mounted);
                }
                (Ok(Start::Session(session)), left) => {
                    self.end(left.into_session()).await;
                    Mount::Opened(session)
                }
                (Err(error), left) if may_be_the_mount(&error) => {
                    tracing::debug!(blob = %expected.digest, from = from.repository, %error, "the registry does not mount");
                    match left {
                        Mount::NotAsked => Mount::Refused,
                        left => left,
                    }
                }
                (Err(error), left) => {
                    self.end(left.into_session()).await;
                    return Err(error);
                }
            };
        }
        Ok(left)
    }

    fn mounts_from(&self, from: &Location) -> bool {
        *from.registry == *self.mount_registry && *from.repository != *self.name
    }
}

impl Mount {
    fn into_session(self) -> Option<Session> {
        match self {
            Self::Opened(session) => Some(session),
            _ => None,
        }
    }
}

/// Whether an upload without a mount may do better. Where the registry does not answer at all, that does not either.
pub(crate) fn may_be_the_mount(error: &Error) -> bool {
    let is_failure = matches!(error.kind(), ErrorKind::Unavailable { .. });
    is_about_the_mount(error) || (is_failure && is_answered(error))
}

/// Registries refuse mounts from repositories that they do not know, or do not show to everybody, in many ways, and
/// some refuse all mounts; what follows without one tells whether it was about the mount.
fn is_about_the_mount(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Unauthenticated
            | ErrorKind::Denied
            | ErrorKind::NotFound
            | ErrorKind::Unsupported
            | ErrorKind::Protocol
            | ErrorKind::Rejected
    )
}
