//! How a folder is packed.

use crate::Compression;

/// How a folder is packed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PackOptions {
    /// How the archive is compressed; gzip at level 6 by default.
    pub compression: Compression,
    /// Which times the files have in it; the start of 1970 by default.
    pub times: Times,
    /// Which permissions the files have in it; their own by default.
    pub modes: Modes,
}

/// Which times of change the files of an archive have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Times {
    /// This one, in seconds since 1970, for all files: the same files make the same archive.
    At(u64),
    /// Those of the files.
    Kept,
}

impl Default for Times {
    fn default() -> Self {
        Self::At(0)
    }
}

/// Which permission bits the files of an archive have. Set-user-ID and the like are never kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Modes {
    /// Those of the files.
    #[default]
    Kept,
    /// 0755 for folders and for what anybody may run, else 0644, so that the umask of whoever made the files does not
    /// show.
    Normal,
}

impl PackOptions {
    /// Compresses the archive like this.
    #[must_use]
    pub fn with_compression(mut self, compression: Compression) -> Self {
        self.compression = compression;
        self
    }

    /// Gives the files these times.
    #[must_use]
    pub fn with_times(mut self, times: Times) -> Self {
        self.times = times;
        self
    }

    /// Gives the files these permissions.
    #[must_use]
    pub fn with_modes(mut self, modes: Modes) -> Self {
        self.modes = modes;
        self
    }
}
