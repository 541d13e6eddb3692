//! Options of the file store.

use oras_archive::PackOptions;
use oras_content::MAX_MANIFEST_BYTES;
use oras_fs::Durability;

/// Options of a [`FileStore`](crate::FileStore).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FileOptions {
    /// Whether titles may be absolute or point outside the folder. Default: `false`. Enable this only for content from
    /// someone whom you would let write any file that you can.
    pub allow_path_traversal: bool,
    /// Whether to write no files at all, for a store that is only pushed from. Content with a title is then rejected.
    /// Default: `false`.
    pub read_only: bool,
    /// Whether to keep existing files and reject pushes of them. Default: `false`.
    pub disable_overwrite: bool,
    /// How much to flush to disk before a push reports success. Default: [`Durability::Data`].
    pub durability: Durability,
    /// Interval in bytes at which the state of a file's hash is saved next to it, so that the next pull after an
    /// interruption reads only the bytes after that. Default: 256 MiB. The file is flushed each time, so nothing is
    /// saved if `durability` is [`Durability::None`].
    pub state_interval: u64,
    /// Upper bound in bytes on content without a title held in memory. Default:
    /// [`MAX_MANIFEST_BYTES`](oras_content::MAX_MANIFEST_BYTES), 4 MiB. If [another
    /// store](crate::FileStore::with_fallback) holds such content, the bound applies to manifests only.
    pub fallback_limit: u64,
    /// Whether to write content that several layers of a manifest share under each of their titles. Otherwise only one
    /// of the files is written, because a copy transfers such content once. Default: `true`.
    pub restore_duplicates: bool,
    /// Options for packing added folders. Default: gzip, with timestamps of 1970, so that the same files make the same
    /// archive.
    pub pack: PackOptions,
    /// Whether to keep folders packed, as archives with the name of the folder. Default: `false`.
    pub keep_packed: bool,
    /// Whether unpacked files get the permissions in the archive, regardless of the process's umask. Default: `false`.
    pub preserve_permissions: bool,
}

impl Default for FileOptions {
    fn default() -> Self {
        Self {
            allow_path_traversal: false,
            read_only: false,
            disable_overwrite: false,
            durability: Durability::Data,
            state_interval: oras_fs::STATE_INTERVAL,
            fallback_limit: MAX_MANIFEST_BYTES,
            restore_duplicates: true,
            pack: PackOptions::default(),
            keep_packed: false,
            preserve_permissions: false,
        }
    }
}

impl FileOptions {
    /// Allows or forbids titles that are absolute or point outside the folder.
    #[must_use]
    pub fn with_path_traversal(mut self, allowed: bool) -> Self {
        self.allow_path_traversal = allowed;
        self
    }

    /// Enables or disables read-only mode.
    #[must_use]
    pub fn with_read_only(mut self, read_only: bool) -> Self {
        self.read_only = read_only;
        self
    }

    /// Allows or forbids replacing existing files.
    #[must_use]
    pub fn with_overwrite_disabled(mut self, disabled: bool) -> Self {
        self.disable_overwrite = disabled;
        self
    }

    /// Sets how much to flush to disk before a push reports success.
    #[must_use]
    pub fn with_durability(mut self, durability: Durability) -> Self {
        self.durability = durability;
        self
    }

    /// Sets the interval in bytes at which the state of a file's hash is saved.
    #[must_use]
    pub fn with_state_interval(mut self, bytes: u64) -> Self {
        self.state_interval = bytes;
        self
    }

    /// Sets the upper bound in bytes on content without a title.
    #[must_use]
    pub fn with_fallback_limit(mut self, limit: u64) -> Self {
        self.fallback_limit = limit;
        self
    }

    /// Sets whether to write content that several layers share under each of their titles.
    #[must_use]
    pub fn with_duplicates_restored(mut self, restored: bool) -> Self {
        self.restore_duplicates = restored;
        self
    }

    /// Sets the options for packing folders.
    #[must_use]
    pub fn with_pack(mut self, pack: PackOptions) -> Self {
        self.pack = pack;
        self
    }

    /// Sets whether to keep folders packed.
    #[must_use]
    pub fn with_folders_packed(mut self, packed: bool) -> Self {
        self.keep_packed = packed;
        self
    }

    /// Sets whether unpacked files get the permissions in the archive.
    #[must_use]
    pub fn with_permissions_preserved(mut self, preserved: bool) -> Self {
        self.preserve_permissions = preserved;
        self
    }
}
