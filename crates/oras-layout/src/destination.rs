//! What the writer of a blob asks of the store that it writes to.

use std::path::Path;

use oras_content::{Descriptor, Result, StoreName};

use crate::blobs::Blobs;
use crate::part::Part;

/// A store with a folder of blobs; all calls block.
pub(crate) trait Destination: Send + Sync + 'static {
    fn root(&self) -> &Path;

    /// What errors call the store.
    fn name(&self) -> StoreName;

    fn blobs(&self) -> &Blobs;

    /// Looks after content that was found; `false` where somebody has just removed it.
    fn rely(&self, target: &Descriptor) -> Result<bool>;

    /// Makes a part, which was verified, the content of `target`.
    fn store_part(&self, part: Part, target: &Descriptor) -> Result<()>;
}
