//! The fallback: the store for content that is not a file.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use oras_content::Writer;

/// The store for manifests and content without a title.
#[derive(Clone)]
pub(crate) struct Fallback(pub(crate) Arc<dyn Writer>);

impl Deref for Fallback {
    type Target = dyn Writer;

    fn deref(&self) -> &Self::Target {
        &*self.0
    }
}

impl fmt::Debug for Fallback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fallback({})", self.0)
    }
}
