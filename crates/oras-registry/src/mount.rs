//! Mounts: a blob of another repository of the same registry, without sending it.

use async_trait::async_trait;
use oras_content::{
    Descriptor, Error, ErrorKind, Mounted, Mounter, OpenUpload, Result, check_repository_name,
};

use crate::Repository;
use crate::session::Start;

#[async_trait]
impl Mounter for Repository {
    fn registry(&self) -> &str {
        &self.mount_registry
    }

    /// Spec: distribution-spec v1.1, "Mounting a blob from another repository".
    async fn mount(&self, target: &Descriptor, from: &str) -> Result<Mounted> {
        check_repository_name(from)?;
        match self.start_upload(target, Some(from)).await {
            Ok(Start::Present) => Ok(Mounted::Mounted),
            Ok(Start::Session(session)) => Ok(Mounted::Refused(Some(OpenUpload::new(session)))),
            Err(error) if is_about_the_mount(&error) => {
                tracing::debug!(blob = %target.digest, from, %error, "the registry does not mount");
                Ok(Mounted::Refused(None))
            }
            Err(error) => Err(error),
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
