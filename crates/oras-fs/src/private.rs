//! Files that nobody but this user can have written.

use std::fs::File;

/// Whether the file is of this user, has one name only, and nobody else may write to it. Where there are no owners, it is.
#[cfg(unix)]
pub fn is_private(file: &File) -> bool {
    use std::os::unix::fs::MetadataExt;

    file.metadata().is_ok_and(|found| {
        let is_own = found.uid() == rustix::process::geteuid().as_raw() && found.nlink() == 1;
        is_own && found.mode() & 0o022 == 0
    })
}

/// Whether the file is of this user, has one name only, and nobody else may write to it. Where there are no owners, it is.
#[cfg(not(unix))]
pub fn is_private(_file: &File) -> bool {
    true
}
