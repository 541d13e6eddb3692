//! Adding existing files and folders to the store.

use std::path::{Path, PathBuf};

use oras_content::{Descriptor, Error, ErrorKind, MediaType, Result, annotations};
use oras_fs::{AtomicFile, GRACE, sweep};

use crate::FileStore;
use crate::packing::Packing;
use crate::reader::blocking;
use crate::source::describe_file;
use crate::title::Title;

impl FileStore {
    /// Adds the file or folder at `path` under the cleaned title `name`, and describes it.
    ///
    /// A file is hashed and stays where it is. A folder is packed according to [`FileOptions::pack`] into a temporary
    /// file, which is removed with the store; annotations in its descriptor mark it to be unpacked when pulled. Without
    /// a `path`, `name` is used. Relative paths start from the folder of the store. The default media type is
    /// `application/vnd.oci.image.layer.v1.tar`, with the suffix `+gzip` or `+zstd` for a compressed folder.
    ///
    /// [`FileOptions::pack`]: crate::FileOptions::pack
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::NotFound`](oras_content::ErrorKind::NotFound): the file does not exist.
    /// - [`ErrorKind::Refused`](oras_content::ErrorKind::Refused): `name` is not a valid title, or `path` is a pipe or
    ///   a device, or a folder containing one.
    /// - [`ErrorKind::DuplicateName`](oras_content::ErrorKind::DuplicateName): a file was already added under this
    ///   name.
    /// - [`ErrorKind::Storage`](oras_content::ErrorKind::Storage): the file cannot be read.
    pub async fn add(
        &self,
        name: &str,
        media_type: Option<MediaType>,
        path: Option<&Path>,
    ) -> Result<Descriptor> {
        self.in_folder(self.add_file(name, media_type, path).await)
    }

    async fn add_file(
        &self,
        name: &str,
        media_type: Option<MediaType>,
        path: Option<&Path>,
    ) -> Result<Descriptor> {
        let (title, path) = self.titled(name, path)?;
        if path.is_dir() {
            return self.add_folder(self.packing(title, media_type, path)).await;
        }
        title.check_file()?;
        let media_type = media_type.unwrap_or(MediaType::OCI_LAYER);
        let content = describe_file(path.clone(), media_type).await?;
        if let Some(claim) = self.state.claim(&title, &content)? {
            claim.complete(path.into());
        }
        Ok(content.with_annotation(annotations::TITLE, title.text()))
    }

    async fn add_folder(&self, packing: Packing) -> Result<Descriptor> {
        let title = packing.title.clone();
        let (archive, (content, refusals)) = blocking(move || {
            let mut archive = new_archive()?;
            let packed = packing.run(archive.file())?;
            Ok((archive, packed))
        })
        .await?;
        self.state.lock().refusals.extend(refusals);
        if let Some(claim) = self.state.claim(&title, &content)? {
            claim.complete_folder(archive.into());
        }
        Ok(content)
    }

    /// Parses `name` as a title that is still free, and resolves the path of its file or folder.
    pub(crate) fn titled(&self, name: &str, path: Option<&Path>) -> Result<(Title, PathBuf)> {
        let title = Title::parse(name, self.opts.allow_path_traversal)?;
        if self.state.lock().has(&title) {
            let file = format!("the file {:?} a second time", title.text());
            return Err(Error::new(ErrorKind::DuplicateName, file)
                .with_source("a pull could keep only one; give each file once, under its own name"));
        }
        let path = match path {
            Some(path) => self.dir.join(path),
            None => self.dir.join(title.path()),
        };
        Ok((title, path))
    }

    pub(crate) fn packing(&self, title: Title, media_type: Option<MediaType>, path: PathBuf) -> Packing {
        Packing {
            path,
            title,
            media_type,
            opts: self.opts.pack.clone(),
        }
    }
}

/// Creates a file in the system's temporary folder, because the folder being pushed may not be writable.
fn new_archive() -> Result<AtomicFile> {
    let dir = std::env::temp_dir();
    sweep(&dir, GRACE);
    AtomicFile::create(&dir, 0o600).map_err(|error| Error::storage(dir.display(), error))
}
