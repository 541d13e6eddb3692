//! Mounts: reuse a blob from another repository of the same registry.

use oras_content::{
    Descriptor, Error, ErrorKind, Location, Offered, OpenUpload, PushOptions, Result, check_repository_name,
};

use crate::Repository;
use crate::error::is_answered;
use crate::session::{Session, Start};

/// The result of an attempt to mount a blob.
pub(crate) enum Mount {
    Mounted,
    /// The registry did not mount the blob, and opened an upload session instead.
    Opened(Session),
    Refused,
    /// There was no repository to mount from.
    NotAsked,
}

impl Repository {
    /// Mounts a blob from the first repository that has it, or else opens an upload for it. Sends no request if a
    /// recorded upload of the blob can be resumed.
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

    /// Tries each repository in turn. Of the upload sessions that this opens, only the last is kept.
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

/// Whether an upload without a mount may succeed. It cannot if the registry does not respond at all.
pub(crate) fn may_be_the_mount(error: &Error) -> bool {
    let is_failure = matches!(error.kind(), ErrorKind::Unavailable { .. });
    is_about_the_mount(error) || (is_failure && is_answered(error))
}

/// Registries refuse mounts in many ways: for unknown or hidden repositories, or always. The upload that follows shows
/// whether the mount was the cause.
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
