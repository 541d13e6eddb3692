//! Links content from a layout on the same disk.

use std::io::{Read, Write};

use oras_content::{Descriptor, Error, MAX_MANIFEST_BYTES, Result, Verifier};

use crate::layout::Layout;

pub(crate) fn link(to: &Layout, from: &Layout, target: &Descriptor) -> Result<()> {
    if let Some(edits) = to.holds(target)? {
        return to.edit(edits);
    }
    if target.is_manifest() {
        return to.put(&from.blobs().read(target, MAX_MANIFEST_BYTES)?);
    }
    copy(from, target, &mut std::io::sink())?;
    if to.blobs().link(from.blobs(), &target.digest) {
        return Ok(());
    }
    let mut file = to.blobs().temp()?;
    copy(from, target, &mut file)?;
    to.blobs()
        .commit(file, &target.digest, to.options().blob_durability)
}

/// Copies the blob of `target` to `to`, and verifies it.
fn copy(from: &Layout, target: &Descriptor, to: &mut impl Write) -> Result<()> {
    let invalid = |source| Error::verify(&target.digest, source);
    let failed = |error| Error::storage(&target.digest, error);
    let mut file = from.blobs().open(target)?;
    let mut verifier = Verifier::new(target).map_err(invalid)?;
    let mut buffer = vec![0; 256 * 1024];
    loop {
        let read = file.read(&mut buffer).map_err(failed)?;
        if read == 0 {
            return verifier.finish().map_err(invalid);
        }
        verifier.update(&buffer[..read]).map_err(invalid)?;
        to.write_all(&buffer[..read]).map_err(failed)?;
    }
}
