//! The file `oci-layout`, which marks a folder as a layout.

use std::fs;
use std::io;
use std::path::Path;

use oras_content::{Error, Result};
use oras_fs::Durability;
use serde::Deserialize;

use crate::index_file::read_small;

pub(crate) const NAME: &str = "oci-layout";
const VERSION: &str = "1.0.0";
const MAX_BYTES: u64 = 64 * 1024;
/// The prefix of the names of files of this library, some of which are written before the marker.
pub(crate) const OWN_PREFIX: &str = ".oras";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Marker {
    image_layout_version: String,
}

/// Checks the content of the file at `path`.
pub(crate) fn check(path: &Path, bytes: &[u8]) -> Result<()> {
    let marker: Marker =
        serde_json::from_slice(bytes).map_err(|error| Error::storage(path.display(), error))?;
    if marker.image_layout_version != VERSION {
        let version = marker.image_layout_version;
        return Err(Error::unsupported(format!(
            "version {version:?} of the layout in {}",
            path.display()
        )));
    }
    Ok(())
}

/// Checks that `dir` is a layout of a supported version.
pub(crate) fn read(dir: &Path) -> Result<()> {
    let path = dir.join(NAME);
    match read_small(&path, MAX_BYTES) {
        Ok((bytes, _)) => check(&path, &bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(Error::not_found(format!(
            "the OCI image layout {}",
            dir.display()
        ))),
        Err(error) => Err(Error::storage(path.display(), error)),
    }
}

/// Returns whether `dir` is a layout. Fails if it is not, and could not become one.
pub(crate) fn is_there(dir: &Path) -> Result<bool> {
    if is_layout(dir)? {
        return Ok(true);
    }
    if is_in_use(dir).map_err(|error| Error::storage(dir.display(), error))? {
        // Another process may have created the layout meanwhile.
        if is_layout(dir)? {
            return Ok(true);
        }
        return Err(Error::refused(
            format!("to create an OCI image layout in {}", dir.display()),
            format!("the folder is not empty and has no file {NAME:?}; choose an empty or a new one"),
        ));
    }
    Ok(false)
}

fn is_layout(dir: &Path) -> Result<bool> {
    match read(dir) {
        Ok(()) => Ok(true),
        Err(error) if error.is_not_found() => Ok(false),
        Err(error) => Err(error),
    }
}

/// Makes `dir` a layout.
pub(crate) fn create(dir: &Path, durability: Durability) -> Result<()> {
    oras_fs::write_atomic(&dir.join(NAME), text().as_bytes(), 0o644, durability)
        .map_err(|error| Error::storage(dir.display(), error))
}

/// The content of the file.
pub(crate) fn text() -> String {
    format!(r#"{{"imageLayoutVersion":"{VERSION}"}}"#)
}

fn is_in_use(dir: &Path) -> io::Result<bool> {
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        entries => entries?,
    };
    for entry in entries {
        if !entry?.file_name().to_string_lossy().starts_with(OWN_PREFIX) {
            return Ok(true);
        }
    }
    Ok(false)
}
