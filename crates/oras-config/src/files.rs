//! Reads small files that may be missing.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use crate::Error;

/// Maximum size of a file in bytes, far beyond any file written by hand.
const LARGEST: u64 = 4 << 20;

/// The text of a file, or `None` if there is no such file.
pub(crate) fn read(path: &Path) -> Result<Option<String>, Error> {
    absent_is_none(path, read_text(path))
}

fn read_text(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(LARGEST + 1).read_to_string(&mut text)?;
    if text.len() as u64 > LARGEST {
        return Err(io::Error::other("the file is larger than 4 MiB"));
    }
    Ok(text)
}

/// The entries of a folder with one of these extensions, sorted by name, or `None` if there is no such folder.
pub(crate) fn list(folder: &Path, extensions: &[&str]) -> Result<Option<Vec<PathBuf>>, Error> {
    let list = || {
        let mut paths = Vec::new();
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path
                .extension()
                .is_some_and(|own| extensions.iter().any(|it| own == *it))
            {
                paths.push(path);
            }
        }
        paths.sort();
        Ok(paths)
    };
    absent_is_none(folder, list())
}

/// The names of the folders in a folder, or `None` if there is no such folder.
pub(crate) fn names(folder: &Path) -> Result<Option<Vec<String>>, Error> {
    let list = || {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir()
                && let Some(name) = path.file_name().and_then(|name| name.to_str())
            {
                names.push(name.to_owned());
            }
        }
        Ok(names)
    };
    absent_is_none(folder, list())
}

fn absent_is_none<T>(path: &Path, result: io::Result<T>) -> Result<Option<T>, Error> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(Error::Read {
            path: path.to_owned(),
            source,
        }),
    }
}
