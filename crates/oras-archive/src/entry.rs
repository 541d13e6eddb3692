//! What a tar archive has in it.

/// A file, folder or link of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry {
    /// The name as it is in the archive. Nothing is checked.
    pub path: Vec<u8>,
    /// What it is.
    pub kind: EntryKind,
    /// Permission bits, at most `0o7777`.
    pub mode: u32,
    /// When it was changed, in seconds since 1970; 0 where the archive does not say.
    pub mtime: u64,
    /// How many bytes of content there are; 0 for all but files.
    pub size: u64,
    /// Where the content starts in the uncompressed archive, in bytes.
    pub offset: u64,
}

/// What kind of file an [`Entry`] is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EntryKind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link to this text.
    Symlink(Vec<u8>),
    /// Another name for the file of this name.
    HardLink(Vec<u8>),
    /// A device, pipe or anything else; the byte is its type in the header.
    Other(u8),
}

impl EntryKind {
    pub(crate) fn new(kind: u8, path: &[u8], link: Vec<u8>) -> Self {
        match kind {
            // Archives older than POSIX say it with the name.
            b'0' | b'7' | 0 if path.ends_with(b"/") => Self::Folder,
            b'0' | b'7' | 0 => Self::File,
            b'1' => Self::HardLink(link),
            b'2' => Self::Symlink(link),
            b'5' => Self::Folder,
            other => Self::Other(other),
        }
    }
}
