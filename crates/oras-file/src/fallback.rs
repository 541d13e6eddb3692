//! The fallback: where content goes that is no file.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use oras_content::Writer;

/// The store of content without a title, and of manifests.
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
