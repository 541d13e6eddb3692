//! Table of contents of an uncompressed archive.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufReader};
use std::ops::Range;

use crate::header::cut_short;
use crate::{EntryKind, Reader};

/// Upper bound on the number of files listed.
const MAX_FILES: usize = 1_000_000;

/// Returns the byte range of each regular file in the archive `file`, by cleaned name (without `./`, `//` and the
/// like). If a name occurs twice, the last file counts.
///
/// Only headers are read. An archive that ends inside its last file is an error.
///
/// # Errors
///
/// As for [`Reader::next_entry`], and [`io::ErrorKind::InvalidData`] for more than a million files.
pub fn contents(file: File) -> io::Result<HashMap<String, Range<u64>>> {
    let end = file.metadata()?.len();
    let mut archive = Reader::new(BufReader::new(file));
    let mut files = HashMap::new();
    while let Some(entry) = archive.seek_entry()? {
        let data = entry.offset..entry.offset + entry.size;
        if data.end > end {
            return Err(cut_short());
        }
        if entry.kind == EntryKind::File {
            files.insert(clean(&String::from_utf8_lossy(&entry.path)), data);
        }
        if files.len() > MAX_FILES {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "more than a million files",
            ));
        }
    }
    Ok(files)
}

fn clean(name: &str) -> String {
    let parts: Vec<_> = name
        .split('/')
        .filter(|part| !matches!(*part, "" | "."))
        .collect();
    parts.join("/")
}
