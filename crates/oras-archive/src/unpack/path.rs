//! Names in an archive, checked and made relative to the folder being unpacked.

use std::fmt;

use oras_content::{Error, ErrorKind, Result};
use oras_fs::is_temporary;

use crate::pack::inner_name;

const MAX_LEN: usize = 4096;
const MAX_PART: usize = 255;
/// Upper bound on the depth of folders. Every parent of a file is held open.
const MAX_DEPTH: usize = 128;
/// Names up to this length cannot be too deep: each folder takes at least a letter and a slash.
pub(crate) const MAX_SHALLOW_LEN: usize = 2 * MAX_DEPTH;

/// A cleaned name, relative to the folder being unpacked. Empty for the folder itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct InnerPath {
    parts: Vec<Vec<u8>>,
    /// The name as stored in the archive.
    text: String,
}

impl InnerPath {
    pub(crate) fn parts(&self) -> &[Vec<u8>] {
        &self.parts
    }

    /// Returns the parent folders and the last part, or `None` for the folder itself.
    pub(crate) fn split(&self) -> Option<(&[Vec<u8>], &[u8])> {
        let (last, folders) = self.parts.split_last()?;
        Some((folders, last))
    }

    pub(crate) fn traversal(&self, reason: impl Into<String>) -> Error {
        traversal(&self.text, reason)
    }

    pub(crate) fn refused(&self, reason: &str) -> Error {
        Error::refused(format!("to unpack {self}"), reason)
    }
}

impl fmt::Display for InnerPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.text)
    }
}

/// The rules for names in an archive.
pub(crate) struct Names {
    /// The path of the folder in the archive.
    folder: Vec<Vec<u8>>,
    name: String,
    allow_path_traversal: bool,
}

impl Names {
    pub(crate) fn new(name: &str, allow_path_traversal: bool) -> Self {
        let part = |part: &std::ffi::OsStr| part.as_encoded_bytes().to_vec();
        Self {
            folder: inner_name(name).iter().map(part).collect(),
            name: name.to_owned(),
            allow_path_traversal,
        }
    }

    /// Checks `path` and makes it relative to the folder.
    pub(crate) fn inner(&self, path: &[u8]) -> Result<InnerPath> {
        let text = String::from_utf8_lossy(path).into_owned();
        if path.starts_with(b"/") && !self.allow_path_traversal {
            return Err(traversal(&text, "it is absolute"));
        }
        let mut parts = parts(path).map_err(|reason| traversal(&text, reason))?;
        if !parts.starts_with(&self.folder) {
            let reason = format!("it is not in the folder {:?} that the archive is for", self.name);
            return Err(traversal(&text, reason));
        }
        let parts = parts.split_off(self.folder.len());
        let path = InnerPath { parts, text };
        if path.parts.len() > MAX_DEPTH {
            return Err(path.refused("it is more than 128 folders deep"));
        }
        if path.parts.iter().any(|part| is_temporary(part)) {
            return Err(path.refused("the name is reserved for temporary files"));
        }
        Ok(path)
    }

    /// Checks the target of a symbolic link at `path`.
    ///
    /// `..` is only allowed at the start: after another link, it could lead elsewhere than it appears to.
    pub(crate) fn check_link(&self, path: &InnerPath, target: &[u8]) -> Result<()> {
        if target.is_empty() || target.len() > MAX_LEN || target.contains(&0) {
            return Err(path.refused("it is a link without a target that could be"));
        }
        if self.allow_path_traversal {
            return Ok(());
        }
        let to = || format!("it is a link to {:?}", String::from_utf8_lossy(target));
        if target.starts_with(b"/") {
            return Err(path.traversal(format!("{}, which is absolute", to())));
        }
        let mut parts = target
            .split(|byte| *byte == b'/')
            .filter(|part| !matches!(*part, b"" | b"."))
            .peekable();
        let mut up = 0;
        while parts.next_if(|part| *part == b"..").is_some() {
            up += 1;
        }
        if up >= path.parts.len().max(1) {
            return Err(path.traversal(format!("{}, which is outside of the folder", to())));
        }
        if parts.any(|part| part == b"..") {
            return Err(path.traversal(format!("{}, with \"..\" after other names", to())));
        }
        Ok(())
    }
}

fn parts(path: &[u8]) -> Result<Vec<Vec<u8>>, &'static str> {
    if path.len() > MAX_LEN {
        return Err("it is longer than 4096 bytes");
    }
    let mut found = Vec::new();
    for part in path.split(|byte| *byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." => return Err("it has \"..\""),
            _ if part.len() > MAX_PART => return Err("a part of it is longer than 255 bytes"),
            _ => found.push(part.to_vec()),
        }
    }
    Ok(found)
}

fn traversal(text: &str, reason: impl Into<String>) -> Error {
    Error::new(ErrorKind::PathTraversal, format!("to unpack {text:?}")).with_source(reason.into())
}
