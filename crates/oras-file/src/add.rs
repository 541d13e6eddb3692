//! Files that are there before the store.

use std::path::Path;

use oras_content::{Descriptor, Error, ErrorKind, MediaType, Result, annotations};

use crate::FileStore;
use crate::source::describe_file;
use crate::title::Title;

impl FileStore {
    /// Adds the file at `path` under the title `name`, which is cleaned, and describes it.
    ///
    /// The file is read for its digest and stays where it is. Without a `path` it is the one called `name`; either is
    /// taken from the folder of the store where it is relative. The media type is
    /// `application/vnd.oci.image.layer.v1.tar` unless another is given.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::NotFound`](oras_content::ErrorKind::NotFound): there is no such file.
    /// - [`ErrorKind::Unsupported`](oras_content::ErrorKind::Unsupported): it is a folder; pack it first, for example with tar.
    /// - [`ErrorKind::Refused`](oras_content::ErrorKind::Refused): `name` cannot be the title of a file, a file was added under it
    ///   before, or `path` is a pipe or a device.
    /// - [`ErrorKind::Storage`](oras_content::ErrorKind::Storage): it cannot be read.
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
        let title = Title::parse(name, self.opts.allow_path_traversal)?;
        if self.state.lock().has(&title) {
            let file = format!("the file {:?} a second time", title.text());
            return Err(Error::new(ErrorKind::DuplicateName, file).with_source(
                "whoever pulls it could keep only one; give each file once, and under a name of its own",
            ));
        }
        let path = match path {
            Some(path) => self.dir.join(path),
            None => self.dir.join(title.path()),
        };
        let media_type = media_type.unwrap_or(MediaType::OCI_LAYER);
        let content = describe_file(path.clone(), media_type).await?;
        if let Some(claim) = self.state.claim(&title, &content)? {
            claim.complete(path);
        }
        Ok(content.with_annotation(annotations::TITLE, title.text()))
    }
}
