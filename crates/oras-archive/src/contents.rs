//! The table of contents of an uncompressed archive.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufReader};
use std::ops::Range;

use crate::header::cut_short;
use crate::{EntryKind, Reader};

/// The most files that are listed.
const MAX_FILES: usize = 1_000_000;

/// Where the regular files of the archive `file` are, in bytes from its start, by their names without `./`, `//` and
/// the like. Of two files of one name, the last counts.
///
/// Only headers are read. An archive that ends within the last file is an error.
///
/// # Errors
///
/// As those of [`Reader::next_entry`], and [`io::ErrorKind::InvalidData`] where there are more than a million files.
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
