//! Observers: called with each entry once it is final.

use std::fmt;
use std::sync::Arc;

use super::Entry;

/// The function that is called with each entry.
#[derive(Clone)]
pub(crate) struct Observer(pub(crate) Arc<dyn Fn(&Entry) + Send + Sync>);

impl Observer {
    pub(super) fn call(&self, entry: &Entry) {
        (self.0)(entry);
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Observer")
    }
}
