//! Names that are reserved for temporary files.

use crate::atomic::TEMP_PREFIX;
use crate::part::PART_PREFIX;

/// Whether this is the name of a temporary file or folder of this crate, or of a part and what is known of it: nothing
/// else may have such a name, which others would take for a leftover, or go on with.
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
