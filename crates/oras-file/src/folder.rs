//! Unpacking of packed folders.

use std::io::Seek;

use oras_archive::{UnpackOptions, unpack};
use oras_content::{Descriptor, Digest, Error, ErrorKind, Result, annotations};

use crate::FileOptions;
use crate::place::Place;
use crate::temp::Temp;
use crate::title::Title;

/// A folder to be unpacked from an archive.
#[derive(Clone, Debug)]
pub(crate) struct Folder {
    name: String,
    tar_digest: Option<Digest>,
}

impl Folder {
    /// Returns the folder to unpack `expected` into, or `None` if it is a file or stays packed.
    pub(crate) fn of(title: &Title, expected: &Descriptor, opts: &FileOptions) -> Result<Option<Self>> {
        if opts.keep_packed || expected.annotation(annotations::UNPACK) != Some("true") {
            return title.check_file().map(|()| None);
        }
        Ok(Some(Self {
            name: title.text().to_owned(),
            tar_digest: tar_digest(title, expected)?,
        }))
    }

    /// Unpacks a verified archive. This call blocks.
    pub(crate) fn unpack(&self, archive: &mut Temp, place: &Place, opts: &FileOptions) -> Result<()> {
        let failed = |error| Error::storage(format!("the archive of {:?}", self.name), error);
        archive.file().rewind().map_err(failed)?;
        let unpacking = UnpackOptions::default()
            .with_path_traversal(opts.allow_path_traversal)
            .with_permissions_preserved(opts.preserve_permissions)
            .with_overwrite_disabled(opts.disable_overwrite)
            .with_durability(opts.durability)
            .with_tar_digest(self.tar_digest.clone())
            .with_into_folder(place.is_root())
            .with_shown_as(place.shown());
        unpack(archive.file(), &self.name, place.handle(), &unpacking).map(drop)
    }
}

/// Returns the digest of the uncompressed archive. A digest that cannot be verified is an error, so that verification
/// is never skipped.
fn tar_digest(title: &Title, expected: &Descriptor) -> Result<Option<Digest>> {
    let Some(text) = expected.annotation(annotations::CONTENT_DIGEST) else {
        return Ok(None);
    };
    let wrong = |reason: String| {
        let what = format!("{text:?}, the digest of the unpacked folder {:?},", title.text());
        Error::new(ErrorKind::InvalidDigest, what).with_source(reason)
    };
    let digest: Digest = text
        .parse()
        .map_err(|error: oras_content::InvalidDigest| wrong(error.to_string()))?;
    match digest.algorithm() {
        Some(_) => Ok(Some(digest)),
        None => Err(wrong("nothing can be verified against its algorithm".to_owned())),
    }
}
