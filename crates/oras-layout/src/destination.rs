//! `Destination`: the store that a blob is written to.

use std::path::Path;

use oras_content::{Descriptor, Result, StoreName};

use crate::blobs::Blobs;
use crate::layout::Layout;
use crate::part::Part;
use crate::store::store_name;

/// A store with a folder of blobs. All calls block.
pub(crate) trait Destination: Send + Sync + 'static {
    fn root(&self) -> &Path;

    /// The name of the store in errors.
    fn name(&self) -> StoreName;

    fn blobs(&self) -> &Blobs;

    /// After how many bytes the state of the hash of a partial file is saved.
    fn state_interval(&self) -> u64;

    /// Protects existing content from collection. Returns `false` if it was just removed.
    fn rely(&self, target: &Descriptor) -> Result<bool>;

    /// Turns a verified part into the content of `target`.
    fn store_part(&self, part: Part, target: &Descriptor) -> Result<()>;
}

impl Destination for Layout {
    fn root(&self) -> &Path {
        Self::root(self)
    }

    fn name(&self) -> StoreName {
        store_name(Self::root(self))
    }

    fn blobs(&self) -> &Blobs {
        Self::blobs(self)
    }

    fn state_interval(&self) -> u64 {
        let opts = self.options();
        opts.blob_durability.state_interval(opts.state_interval)
    }

    fn rely(&self, target: &Descriptor) -> Result<bool> {
        Self::rely(self, target)
    }

    /// Manifests are also listed in the index.
    fn store_part(&self, mut part: Part, target: &Descriptor) -> Result<()> {
        if target.is_manifest() {
            return self.put(&part.read_back(target)?);
        }
        let durability = self.options().blob_durability;
        Self::blobs(self).commit(part.file, &target.digest, durability)
    }
}
