//! Mounts: a blob of another repository of the same registry, without sending it.

use oras_content::{
    Descriptor, Error, ErrorKind, Location, Offered, OpenUpload, PushOptions, Result, check_repository_name,
};

use crate::Repository;
use crate::session::{Session, Start};

impl Repository {
    /// Mounts a blob from the first of the repositories that has it, or else opens an upload for it.
    ///
    /// Spec: distribution-spec v1.1, "Mounting a blob from another repository".
    pub(crate) async fn offer_blob(&self, expected: &Descriptor, opts: &PushOptions) -> Result<Offered> {
        let mut opened: Option<Session> = None;
        let mut was_asked = false;
        for from in &opts.mount_from {
            if !self.mounts_from(from) {
                continue;
            }
            check_repository_name(&from.repository)?;
            was_asked = true;
            match self.start_upload(expected, Some(&from.repository)).await {
                Ok(Start::Present) => {
                    self.abandon(opened).await;
                    return Ok(Offered::Mounted);
                }
                Ok(Start::Session(session)) => self.abandon(opened.replace(session)).await,
                Err(error) if is_about_the_mount(&error) => {
                    tracing::debug!(blob = %expected.digest, from = from.repository, %error, "the registry does not mount");
                }
                Err(error) => return Err(error),
            }
        }
        if !was_asked && !opts.force && self.blob_exists(expected).await? {
            return Ok(Offered::Present);
        }
        Ok(Offered::Wanted(opened.map(OpenUpload::new)))
    }

    fn mounts_from(&self, from: &Location) -> bool {
        *from.registry == *self.mount_registry && *from.repository != *self.name
    }

    async fn abandon(&self, session: Option<Session>) {
        if let Some(session) = session {
            self.core.client.uploads.forget(&session);
            self.cancel(&session).await;
        }
    }
}

/// Registries refuse mounts from repositories that they do not know, or do not show to everybody, in many ways, and
/// some refuse all mounts; what follows without one tells whether it was about the mount.
pub(crate) fn is_about_the_mount(error: &Error) -> bool {
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
