//! Folders that this program may only read.

use std::io;

use oras_content::BoxError;

#[derive(Debug, thiserror::Error)]
#[error("the folder is readable but not writable")]
struct ReadOnly(#[source] oras_fs::Error);

/// Turns a failure to write into a clearer error if the folder is read-only.
pub(crate) fn of_writing(error: oras_fs::Error) -> BoxError {
    match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => ReadOnly(error).into(),
        _ => error.into(),
    }
}
