//! Files that no other user can have written.

use std::fs::File;

/// Returns `true` if the current user owns the file, it has only one name, and no other user may write to it. Always
/// `true` on systems without file owners.
#[cfg(unix)]
pub fn is_private(file: &File) -> bool {
    use std::os::unix::fs::MetadataExt;

    file.metadata().is_ok_and(|found| {
        let is_own = found.uid() == rustix::process::geteuid().as_raw() && found.nlink() == 1;
        is_own && found.mode() & 0o022 == 0
    })
}

/// Returns `true` if the current user owns the file, it has only one name, and no other user may write to it. Always
/// `true` on systems without file owners.
#[cfg(not(unix))]
pub fn is_private(_file: &File) -> bool {
    true
}
