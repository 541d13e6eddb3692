//! A folder to pack, and the descriptor of its archive.

use std::io::Write;
use std::path::PathBuf;

use oras_archive::{Compression, PackOptions, Packed, pack};
use oras_content::{Descriptor, Error, MediaType, Result, annotations};

use crate::title::Title;

/// A folder to pack, and how to pack it.
#[derive(Clone, Debug)]
pub(crate) struct Packing {
    pub(crate) path: PathBuf,
    pub(crate) title: Title,
    pub(crate) media_type: Option<MediaType>,
    pub(crate) opts: PackOptions,
}

impl Packing {
    /// Writes the archive to `out` and describes it. Also returns what will not be unpacked by default. This call
    /// blocks.
    pub(crate) fn run(self, out: impl Write) -> Result<(Descriptor, Vec<Error>)> {
        let mut packed = pack(&self.path, self.title.text(), &self.opts, out)?;
        let refusals = std::mem::take(&mut packed.refusals);
        Ok((self.describe(packed), refusals))
    }

    fn describe(self, packed: Packed) -> Descriptor {
        let media_type = self.media_type.unwrap_or_else(|| media_type_of(&self.opts));
        Descriptor::new(media_type, packed.digest, packed.size)
            .with_annotation(annotations::TITLE, self.title.text())
            .with_annotation(annotations::CONTENT_DIGEST, packed.tar_digest.as_str())
            .with_annotation(annotations::UNPACK, "true")
    }
}

fn media_type_of(opts: &PackOptions) -> MediaType {
    match opts.compression {
        Compression::Gzip(_) => MediaType::OCI_LAYER_GZIP,
        #[cfg(feature = "zstd")]
        Compression::Zstd(_) => MediaType::OCI_LAYER_ZSTD,
        _ => MediaType::OCI_LAYER,
    }
}
