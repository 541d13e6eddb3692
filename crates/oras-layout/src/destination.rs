//! What the writer of a blob asks of the store that it writes to.

use std::path::Path;

use oras_content::{Descriptor, Result, StoreName};

use crate::blobs::Blobs;
use crate::layout::Layout;
use crate::part::Part;
use crate::store::store_name;

/// A store with a folder of blobs; all calls block.
pub(crate) trait Destination: Send + Sync + 'static {
    fn root(&self) -> &Path;

    /// What errors call the store.
    fn name(&self) -> StoreName;

    fn blobs(&self) -> &Blobs;

    /// After how many bytes the state of the hash of content that is kept is saved.
    fn state_interval(&self) -> u64;

    /// Looks after content that was found; `false` where somebody has just removed it.
    fn rely(&self, target: &Descriptor) -> Result<bool>;

    /// Makes a part, which was verified, the content of `target`.
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

    /// A manifest is listed.
    fn store_part(&self, mut part: Part, target: &Descriptor) -> Result<()> {
        if target.is_manifest() {
            return self.put(&part.read_back(target)?);
        }
        let durability = self.options().blob_durability;
        Self::blobs(self).commit(part.file, &target.digest, durability)
    }
}
