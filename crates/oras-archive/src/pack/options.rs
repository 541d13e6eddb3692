//! Options for packing folders.

use crate::Compression;

/// Options for packing a folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PackOptions {
    /// The compression. Default: gzip at level 6.
    pub compression: Compression,
    /// The modification times in the archive. Default: the start of 1970.
    pub times: Times,
    /// The permissions in the archive. Default: those of the files.
    pub modes: Modes,
}

/// The modification times in an archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Times {
    /// This time for all files, in seconds since 1970, so that the same files produce the same archive.
    At(u64),
    /// The times of the files.
    Kept,
}

impl Default for Times {
    fn default() -> Self {
        Self::At(0)
    }
}

/// The permission bits in an archive. Setuid, setgid and sticky bits are never kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Modes {
    /// The permissions of the files.
    #[default]
    Kept,
    /// 0755 for folders and executable files, and 0644 for others, so that the result does not depend on the umask of
    /// whoever created the files.
    Normal,
}

impl PackOptions {
    /// Sets the compression.
    #[must_use]
    pub fn with_compression(mut self, compression: Compression) -> Self {
        self.compression = compression;
        self
    }

    /// Sets the modification times in the archive.
    #[must_use]
    pub fn with_times(mut self, times: Times) -> Self {
        self.times = times;
        self
    }

    /// Sets the permissions in the archive.
    #[must_use]
    pub fn with_modes(mut self, modes: Modes) -> Self {
        self.modes = modes;
        self
    }
}
