//! Presence: what is there, and stays there for those who build on it.

use oras_content::{Descriptor, ErrorKind, Manifest, Result};

use crate::blobs::Status;
use crate::edit::Edit;
use crate::layout::Layout;
use crate::lock;

impl Layout {
    /// Whether the store has the content, for those who may build on the answer.
    pub(crate) fn exists(&self, target: &Descriptor) -> Result<bool> {
        if !self.has(target)? {
            return Ok(false);
        }
        let digest = &target.digest;
        self.blobs().relied.insert(digest);
        // Without the lock, as a layout that nobody may write to can be asked, too. Where a collection is faster
        // nevertheless, the manifest that is built on this is refused.
        Ok(self.blobs().is_fresh(digest) || self.blobs().touch(digest))
    }

    /// Looks after what was found, which may be old: no collection removes it as long as its grace time lasts. `false`
    /// where one has just removed it.
    pub(crate) fn rely(&self, target: &Descriptor) -> Result<bool> {
        let digest = &target.digest;
        self.blobs().relied.insert(digest);
        if self.blobs().is_fresh(digest) {
            return Ok(true);
        }
        // Among threads this is a short wait, where the lock of the layout would be polled for.
        let _turn = lock(&self.touching);
        let _lock = self.lock()?;
        Ok(self.blobs().touch(digest))
    }

    /// Whether the store has the content. A manifest that nothing leads to is not there: it would be forgotten; nor is one
    /// with a child that is missing or of another size, so that a copy looks at its children again.
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

    /// Whether everything that a manifest is made of is there.
    fn has_children(&self, manifest: &Manifest) -> Result<bool> {
        for child in own_children(manifest) {
            if self.blobs().status(child)? != Status::Present {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether the content is there, and the edits by which a manifest is listed that is there without being listed. One that
    /// is damaged is not there.
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

/// What a manifest is made of. Its subject may be absent, and so may what others keep.
pub(crate) fn own_children(manifest: &Manifest) -> impl Iterator<Item = &Descriptor> {
    let subject = manifest.subject().map(|subject| &subject.digest);
    manifest
        .successors()
        .filter(move |child| Some(&child.digest) != subject && !child.media_type.is_non_distributable())
}
