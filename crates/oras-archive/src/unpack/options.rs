//! How an archive is unpacked.

use std::path::{Path, PathBuf};

use oras_content::Digest;
use oras_fs::Durability;

/// How an archive is unpacked, and how much it may have.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnpackOptions {
    /// Whether links may lead anywhere, and names start with `/`, which is then dropped; `false` by default. Set it only
    /// for archives of someone who may write any file you may write.
    pub allow_path_traversal: bool,
    /// Whether files and folders get the permissions that they have in the archive, whatever the umask of the process;
    /// `false` by default. Set-user-ID and the like are dropped in either case.
    pub preserve_permissions: bool,
    /// Whether a folder that is there already is left alone and an error; `false` by default.
    pub disable_overwrite: bool,
    /// Whether the target is a folder that is there and stays, whatever else is in it; `false` by default. Everything is
    /// unpacked into a folder within it first, and [`disable_overwrite`](Self::disable_overwrite) is about each file.
    pub into_folder: bool,
    /// How much of it is on the disk before it gets its name; [`Durability::Data`] by default.
    pub durability: Durability,
    /// The digest of the archive after it was decompressed, where it is known.
    pub tar_digest: Option<Digest>,
    /// The most files, folders and links, among them folders without an entry of their own; a million by default.
    pub max_entries: u64,
    /// The most bytes in all files together; 1 TiB by default.
    pub max_bytes: u64,
    /// The most bytes in the names of all files, folders and links, which are held in memory; 256 MiB by default.
    pub max_name_bytes: u64,
    /// How many times as large the archive may be as its compressed form, beyond 256 MiB; 200 by default. Zeros
    /// compress to a thousandth.
    pub max_ratio: u64,
    /// What errors call the target, where its path is not the one that people know.
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

    /// The folder within which, or beside which, everything is unpacked first.
    pub(super) fn staging<'a>(&self, target: &'a Path) -> &'a Path {
        match self.into_folder {
            true => target,
            false => oras_fs::parent(target),
        }
    }

    /// Unpacks into a folder that is there and stays.
    #[must_use]
    pub fn with_into_folder(mut self, into_folder: bool) -> Self {
        self.into_folder = into_folder;
        self
    }

    /// Calls the target this in errors.
    #[must_use]
    pub fn with_shown_as(mut self, path: impl Into<PathBuf>) -> Self {
        self.shown_as = Some(path.into());
        self
    }

    /// Allows links that lead anywhere, and absolute names.
    #[must_use]
    pub fn with_path_traversal(mut self, allowed: bool) -> Self {
        self.allow_path_traversal = allowed;
        self
    }

    /// Gives files the permissions of the archive.
    #[must_use]
    pub fn with_permissions_preserved(mut self, preserved: bool) -> Self {
        self.preserve_permissions = preserved;
        self
    }

    /// Refuses to write into a folder that is there.
    #[must_use]
    pub fn with_overwrite_disabled(mut self, disabled: bool) -> Self {
        self.disable_overwrite = disabled;
        self
    }

    /// Waits for this much to be on the disk.
    #[must_use]
    pub fn with_durability(mut self, durability: Durability) -> Self {
        self.durability = durability;
        self
    }

    /// Checks the archive by its digest after it was decompressed.
    #[must_use]
    pub fn with_tar_digest(mut self, digest: Option<Digest>) -> Self {
        self.tar_digest = digest;
        self
    }

    /// Allows this many files, folders and links.
    #[must_use]
    pub fn with_max_entries(mut self, entries: u64) -> Self {
        self.max_entries = entries;
        self
    }

    /// Allows files of this many bytes together.
    #[must_use]
    pub fn with_max_bytes(mut self, bytes: u64) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// Allows names of this many bytes together.
    #[must_use]
    pub fn with_max_name_bytes(mut self, bytes: u64) -> Self {
        self.max_name_bytes = bytes;
        self
    }

    /// Allows the archive to be this many times as large as its compressed form.
    #[must_use]
    pub fn with_max_ratio(mut self, ratio: u64) -> Self {
        self.max_ratio = ratio;
        self
    }
}
