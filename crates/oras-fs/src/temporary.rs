//! Names reserved for temporary files.

use crate::atomic::TEMP_PREFIX;
use crate::part::PART_PREFIX;

/// Returns `true` if `name` is reserved for the temporary files, part files and state files of this crate. Other files
/// must not use such names, because they could be swept or resumed.
///
/// ```
/// assert!(oras_fs::is_temporary(b".oras-part-sha256-ab"));
/// assert!(!oras_fs::is_temporary(b"oras-part"));
/// ```
pub fn is_temporary(name: &[u8]) -> bool {
    [TEMP_PREFIX, PART_PREFIX]
        .iter()
        .any(|prefix| name.starts_with(prefix.as_bytes()))
}
