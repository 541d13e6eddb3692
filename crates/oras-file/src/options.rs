//! How a file store writes.

use oras_archive::PackOptions;
use oras_content::MAX_MANIFEST_BYTES;
use oras_fs::Durability;

/// How a [`FileStore`](crate::FileStore) treats names and files.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FileOptions {
    /// Whether a name may be absolute or lead out of the folder; `false` by default. Set it only for content from
    /// someone who may write any file you may write.
    pub allow_path_traversal: bool,
    /// Whether the store writes no file at all, such as one that files are pushed from; `false` by default. Content with
    /// a title is then refused.
    pub read_only: bool,
    /// Whether an existing file is left alone and its push refused; `false` by default.
    pub disable_overwrite: bool,
    /// How much of a file is on the disk before its push reports success; [`Durability::Data`] by default.
    pub durability: Durability,
    /// After how many bytes of a file the state of its hash is saved beside it, so that the next pull reads only what came
    /// later when this one is interrupted; 256 MiB by default. The file is flushed each time, so that none is saved where
    /// `durability` is [`Durability::None`].
    pub state_interval: u64,
    /// The largest content without a title that is held in memory, in bytes;
    /// [`MAX_MANIFEST_BYTES`](oras_content::MAX_MANIFEST_BYTES), 4 MiB, by default. With
    /// [another store](crate::FileStore::with_fallback) for such content it is the largest manifest.
    pub fallback_limit: u64,
    /// Whether content that several layers of a manifest share is written under the title of each; `true` by default. A
    /// copy brings such content once, so that otherwise only one of the files is there.
    pub restore_duplicates: bool,
    /// How folders are packed that are added; gzip with times of 1970 by default, so that the same files make the same
    /// archive.
    pub pack: PackOptions,
    /// Whether folders stay packed: the archive then gets the name of the folder; `false` by default.
    pub keep_packed: bool,
    /// Whether unpacked files get the permissions that they have in the archive, whatever the umask of the process;
    /// `false` by default.
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
    /// Allows names that are absolute or lead out of the folder.
    #[must_use]
    pub fn with_path_traversal(mut self, allowed: bool) -> Self {
        self.allow_path_traversal = allowed;
        self
    }

    /// Writes no file at all.
    #[must_use]
    pub fn with_read_only(mut self, read_only: bool) -> Self {
        self.read_only = read_only;
        self
    }

    /// Refuses to replace existing files.
    #[must_use]
    pub fn with_overwrite_disabled(mut self, disabled: bool) -> Self {
        self.disable_overwrite = disabled;
        self
    }

    /// Waits for this much of a file to be on the disk.
    #[must_use]
    pub fn with_durability(mut self, durability: Durability) -> Self {
        self.durability = durability;
        self
    }

    /// Saves the state of the hash of a file that is being pulled after this many bytes.
    #[must_use]
    pub fn with_state_interval(mut self, bytes: u64) -> Self {
        self.state_interval = bytes;
        self
    }

    /// Holds content without a title up to this many bytes.
    #[must_use]
    pub fn with_fallback_limit(mut self, limit: u64) -> Self {
        self.fallback_limit = limit;
        self
    }

    /// Writes content that several layers share under each of their titles.
    #[must_use]
    pub fn with_duplicates_restored(mut self, restored: bool) -> Self {
        self.restore_duplicates = restored;
        self
    }

    /// Packs folders like this.
    #[must_use]
    pub fn with_pack(mut self, pack: PackOptions) -> Self {
        self.pack = pack;
        self
    }

    /// Leaves folders packed.
    #[must_use]
    pub fn with_folders_packed(mut self, packed: bool) -> Self {
        self.keep_packed = packed;
        self
    }

    /// Gives unpacked files the permissions of the archive.
    #[must_use]
    pub fn with_permissions_preserved(mut self, preserved: bool) -> Self {
        self.preserve_permissions = preserved;
        self
    }
}
