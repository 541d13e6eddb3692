//! Entries of a tar archive.

/// A file, folder or link of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry {
    /// The name as stored in the archive, unchecked.
    pub path: Vec<u8>,
    /// The kind of the entry.
    pub kind: EntryKind,
    /// Permission bits, at most `0o7777`.
    pub mode: u32,
    /// The modification time in seconds since 1970; 0 if unknown.
    pub mtime: u64,
    /// The size of the content in bytes; 0 unless it is a file.
    pub size: u64,
    /// The offset of the content in the uncompressed archive, in bytes.
    pub offset: u64,
}

/// The kind of an [`Entry`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EntryKind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link to this target.
    Symlink(Vec<u8>),
    /// A hard link to the file of this name.
    HardLink(Vec<u8>),
    /// A device, pipe or anything else; the byte is the type in its header.
    Other(u8),
}

impl EntryKind {
    pub(crate) fn new(kind: u8, path: &[u8], link: Vec<u8>) -> Self {
        match kind {
            // Archives older than POSIX mark folders by a trailing slash.
            b'0' | b'7' | 0 if path.ends_with(b"/") => Self::Folder,
            b'0' | b'7' | 0 => Self::File,
            b'1' => Self::HardLink(link),
            b'2' => Self::Symlink(link),
            b'5' => Self::Folder,
            other => Self::Other(other),
        }
    }
}
