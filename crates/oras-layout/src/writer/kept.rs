//! What an earlier run left of content, under its digest.

use std::sync::Arc;
use std::time::Duration;

use oras_content::{Algorithm, Descriptor, Result, StageKey};

use super::BlobWriter;
use crate::destination::Destination;
use crate::store::run;

/// How old it may be. It is hashed again, or known to be what was hashed, so that its age does not matter.
const ANY_AGE: Duration = Duration::MAX;

/// A writer for content of which what is there is kept, with what an earlier run left; `None` where another writer has
/// it, or it cannot be kept.
pub(super) async fn claim(
    to: &Arc<dyn Destination>,
    expected: &Descriptor,
    algorithm: Algorithm,
) -> Option<Box<BlobWriter>> {
    let key = StageKey::digest(&expected.digest).ok()?;
    let (shared, size) = (Arc::clone(to), expected.size);
    // A store that cannot keep it can take it all the same.
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
