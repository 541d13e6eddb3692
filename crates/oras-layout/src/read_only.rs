//! Folders that this program may read and not change.

use std::io;

use oras_content::BoxError;

#[derive(Debug, thiserror::Error)]
#[error("the folder is readable but not writable")]
struct ReadOnly(#[source] oras_fs::Error);

/// Why something could not be written, in the words of whoever may only read.
pub(crate) fn of_writing(error: oras_fs::Error) -> BoxError {
    match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => ReadOnly(error).into(),
        _ => error.into(),
    }
}
