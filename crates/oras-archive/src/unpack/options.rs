//! Options for unpacking archives.

use std::path::{Path, PathBuf};

use oras_content::Digest;
use oras_fs::Durability;

/// Options for unpacking an archive, and limits on its content.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnpackOptions {
    /// Whether links may point anywhere and names may start with `/`, which is then dropped. Default: `false`. Enable
    /// this only for archives from someone whom you would let write any file that you can.
    pub allow_path_traversal: bool,
    /// Whether files and folders get the permissions in the archive, regardless of the process's umask. Default:
    /// `false`. Setuid, setgid and sticky bits are dropped either way.
    pub preserve_permissions: bool,
    /// Whether an existing folder is an error and left unchanged. Default: `false`.
    pub disable_overwrite: bool,
    /// Whether the target is an existing folder that keeps its other content. Default: `false`. The archive is first
    /// unpacked into a folder inside it, and [`disable_overwrite`](Self::disable_overwrite) applies to each file.
    pub into_folder: bool,
    /// How much to flush to disk before files get their final names. Default: [`Durability::Data`].
    pub durability: Durability,
    /// The digest of the decompressed archive, if known.
    pub tar_digest: Option<Digest>,
    /// Upper bound on the number of files, folders and links, including folders without an entry of their own. Default:
    /// a million.
    pub max_entries: u64,
    /// Upper bound on the total bytes of all files. Default: 1 TiB.
    pub max_bytes: u64,
    /// Upper bound on the total bytes of the names of files, folders and links, which are kept in memory. Default: 256
    /// MiB.
    pub max_name_bytes: u64,
    /// Upper bound on the compression ratio, for archives of more than 256 MiB decompressed. Default: 200. Zeros
    /// compress to a thousandth of their size.
    pub max_ratio: u64,
    /// The name of the target in errors, if users know it by a path other than the real one.
    pub shown_as: Option<PathBuf>,
}

impl Default for UnpackOptions {
    fn default() -> Self {
        Self {
            allow_path_traversal: false,
            preserve_permissions: false,
            disable_overwrite: false,
            into_folder: false,
            durability: Durability::Data,
            tar_digest: None,
            max_entries: 1_000_000,
            max_bytes: 1 << 40,
            max_name_bytes: 256 << 20,
            max_ratio: 200,
            shown_as: None,
        }
    }
}

impl UnpackOptions {
    pub(super) fn shown<'a>(&'a self, target: &'a Path) -> &'a Path {
        self.shown_as.as_deref().unwrap_or(target)
    }

    /// Returns the folder in which the temporary folder is created.
    pub(super) fn staging<'a>(&self, target: &'a Path) -> &'a Path {
        match self.into_folder {
            true => target,
            false => oras_fs::parent(target),
        }
    }

    /// Sets whether to unpack into an existing folder that keeps its other content.
    #[must_use]
    pub fn with_into_folder(mut self, into_folder: bool) -> Self {
        self.into_folder = into_folder;
        self
    }

    /// Sets the name of the target in errors.
    #[must_use]
    pub fn with_shown_as(mut self, path: impl Into<PathBuf>) -> Self {
        self.shown_as = Some(path.into());
        self
    }

    /// Allows or forbids links that point anywhere, and absolute names.
    #[must_use]
    pub fn with_path_traversal(mut self, allowed: bool) -> Self {
        self.allow_path_traversal = allowed;
        self
    }

    /// Sets whether files and folders get the permissions in the archive.
    #[must_use]
    pub fn with_permissions_preserved(mut self, preserved: bool) -> Self {
        self.preserve_permissions = preserved;
        self
    }

    /// Allows or forbids writing into an existing folder.
    #[must_use]
    pub fn with_overwrite_disabled(mut self, disabled: bool) -> Self {
        self.disable_overwrite = disabled;
        self
    }

    /// Sets how much to flush to disk before files get their final names.
    #[must_use]
    pub fn with_durability(mut self, durability: Durability) -> Self {
        self.durability = durability;
        self
    }

    /// Sets the expected digest of the decompressed archive.
    #[must_use]
    pub fn with_tar_digest(mut self, digest: Option<Digest>) -> Self {
        self.tar_digest = digest;
        self
    }

    /// Sets the upper bound on the number of files, folders and links.
    #[must_use]
    pub fn with_max_entries(mut self, entries: u64) -> Self {
        self.max_entries = entries;
        self
    }

    /// Sets the upper bound on the total bytes of all files.
    #[must_use]
    pub fn with_max_bytes(mut self, bytes: u64) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// Sets the upper bound on the total bytes of names.
    #[must_use]
    pub fn with_max_name_bytes(mut self, bytes: u64) -> Self {
        self.max_name_bytes = bytes;
        self
    }

    /// Sets the upper bound on the compression ratio.
    #[must_use]
    pub fn with_max_ratio(mut self, ratio: u64) -> Self {
        self.max_ratio = ratio;
        self
    }
}
