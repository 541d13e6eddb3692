//! The files of a layout, and foreign files among them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use oras_content::{Descriptor, Digest, Error, Result};

use crate::layout::Layout;
use crate::marker::OWN_PREFIX;

/// The files in the folder of a layout.
#[derive(Debug, Default)]
pub(crate) struct Files {
    /// The blobs, described by their sizes only.
    pub(crate) blobs: Vec<Descriptor>,
    /// Paths of foreign files, relative to the layout.
    pub(crate) foreign: Vec<PathBuf>,
}

impl Files {
    /// Lists the folders of a layout, without following links to files.
    pub(crate) fn list(layout: &Layout) -> Result<Self> {
        let mut files = Self::default();
        let root = layout.root();
        for (name, path) in entries(root)? {
            if !["oci-layout", "index.json", "blobs"].contains(&&*name) {
                files.add_foreign(&path, root);
            }
        }
        let dir = layout.blobs().dir();
        for (algorithm, path) in entries(dir)? {
            match path.is_dir() {
                true => files.add_folder(&algorithm, &path, layout)?,
                false => files.add_foreign(&path, root),
            }
        }
        files.foreign.sort();
        files.blobs.sort_by(|one, other| one.digest.cmp(&other.digest));
        Ok(files)
    }

    fn add_folder(&mut self, algorithm: &str, dir: &Path, layout: &Layout) -> Result<()> {
        for (name, path) in entries(dir)? {
            let digest = format!("{algorithm}:{name}").parse::<Digest>();
            let blob = digest.ok().and_then(|digest| layout.blobs().describe(&digest));
            match blob {
                Some(blob) => self.blobs.push(blob),
                None => self.add_foreign(&path, layout.root()),
            }
        }
        Ok(())
    }

    fn add_foreign(&mut self, path: &Path, root: &Path) {
        self.foreign
            .push(path.strip_prefix(root).unwrap_or(path).to_owned());
    }
}

/// The names in a folder, with their paths. Empty if there is no folder. Locks and temporary files of this library are
/// left out.
fn entries(dir: &Path) -> Result<Vec<(String, PathBuf)>> {
    let fail = |error: io::Error| Error::storage(dir.display(), error);
    let read = match fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        read => read.map_err(fail)?,
    };
    let mut found = Vec::new();
    for entry in read {
        let path = entry.map_err(fail)?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        let name = name.unwrap_or_default();
        if !name.starts_with(OWN_PREFIX) {
            found.push((name, path));
        }
    }
    Ok(found)
}
