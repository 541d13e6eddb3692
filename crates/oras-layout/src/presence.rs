//! Presence: whether content exists, and will not be collected while a caller relies on it.

use oras_content::{Descriptor, ErrorKind, Manifest, Result};

use crate::blobs::Status;
use crate::edit::Edit;
use crate::layout::Layout;
use crate::lock;

impl Layout {
    /// Whether the store has the content. The caller may rely on the answer.
    pub(crate) fn exists(&self, target: &Descriptor) -> Result<bool> {
        if !self.has(target)? {
            return Ok(false);
        }
        let digest = &target.digest;
        self.blobs().relied.insert(digest);
        // Without the lock, because this must also work in a read-only layout. If a collection removes the content in
        // this moment, the manifest that refers to it is refused.
        Ok(self.blobs().is_fresh(digest) || self.blobs().touch(digest))
    }

    /// Protects existing content, which may be old, from collection for the grace time. Returns `false` if it was just
    /// removed.
    pub(crate) fn rely(&self, target: &Descriptor) -> Result<bool> {
        let digest = &target.digest;
        self.blobs().relied.insert(digest);
        if self.blobs().is_fresh(digest) {
            return Ok(true);
        }
        // Waiting for another thread here is short, while the lock of the layout would be polled.
        let _turn = lock(&self.touching);
        let _lock = self.lock()?;
        Ok(self.blobs().touch(digest))
    }

    /// Whether the store has the content. An unreachable manifest counts as missing, because it would be collected. So
    /// does one with a child that is missing or has another size, so that a copy checks its children again.
    fn has(&self, target: &Descriptor) -> Result<bool> {
        let present = self.blobs().status(target)? == Status::Present;
        if !present || !target.is_manifest() {
            return Ok(present);
        }
        if !self.walk(|walk| walk.contains(&target.digest))? {
            return Ok(false);
        }
        match self.manifest(&target.plain()) {
            Ok(manifest) => self.has_children(&manifest),
            Err(error) => match error.kind() {
                ErrorKind::Verify | ErrorKind::InvalidManifest | ErrorKind::NotFound => Ok(false),
                _ => Err(error),
            },
        }
    }

    /// Whether all children of a manifest exist.
    fn has_children(&self, manifest: &Manifest) -> Result<bool> {
        for child in own_children(manifest) {
            if self.blobs().status(child)? != Status::Present {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// If the content exists, the edits to list it, if it is a manifest that is not listed. A damaged manifest counts
    /// as missing.
    pub(crate) fn holds(&self, target: &Descriptor) -> Result<Option<Vec<Edit>>> {
        if self.blobs().status(target)? != Status::Present {
            return Ok(None);
        }
        let mut edits = Vec::new();
        if target.is_manifest() && !self.has(target)? {
            match self.manifest(target) {
                Err(error) if *error.kind() == ErrorKind::Verify => return Ok(None),
                manifest => edits.push(Edit::list(&manifest?)),
            }
        }
        Ok(self.rely(target)?.then_some(edits))
    }
}

/// The children of a manifest that must exist. Its subject may be missing, and so may non-distributable layers.
pub(crate) fn own_children(manifest: &Manifest) -> impl Iterator<Item = &Descriptor> {
    let subject = manifest.subject().map(|subject| &subject.digest);
    manifest
        .successors()
        .filter(move |child| Some(&child.digest) != subject && !child.media_type.is_non_distributable())
}
