//! Partial files of earlier runs, under the digest of their content.

use std::sync::Arc;
use std::time::Duration;

use oras_content::{Algorithm, Descriptor, Result, StageKey};

use super::BlobWriter;
use crate::destination::Destination;
use crate::store::run;

/// The maximum age of a partial file. It is hashed again, or its saved hash state is used, so its age does not matter.
const ANY_AGE: Duration = Duration::MAX;

/// Opens a writer for the partial file of an earlier run, or for a new one. `None` if another writer has it, or it
/// cannot be kept.
pub(super) async fn claim(
    to: &Arc<dyn Destination>,
    expected: &Descriptor,
    algorithm: Algorithm,
) -> Option<Box<BlobWriter>> {
    let key = StageKey::digest(&expected.digest).ok()?;
    let (shared, size) = (Arc::clone(to), expected.size);
    // A store that cannot keep partial files can still accept the content.
    run(to, move |_| open(&shared, &key, size, algorithm)).await.ok()
}

fn open(
    to: &Arc<dyn Destination>,
    key: &StageKey,
    size: u64,
    algorithm: Algorithm,
) -> Result<Box<BlobWriter>> {
    let found = match BlobWriter::resume(Arc::clone(to), key, ANY_AGE, algorithm) {
        Ok(found) if found.there.end() <= size => found,
        Ok(longer) => {
            longer.state.remove();
            BlobWriter::begin(Arc::clone(to), key, algorithm)?
        }
        Err(error) if error.is_not_found() => BlobWriter::begin(Arc::clone(to), key, algorithm)?,
        Err(error) => return Err(error),
    };
    Ok(Box::new(found))
}
