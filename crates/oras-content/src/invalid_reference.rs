//! `InvalidReference`: the error for malformed references, tags and names.

/// The error for text that is not a reference, tag or repository name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid reference {text:?}: {reason}")]
pub struct InvalidReference {
    text: String,
    reason: &'static str,
}

impl InvalidReference {
    /// Creates an error saying that `text` is invalid, and why.
    pub fn new(text: &str, reason: &'static str) -> Self {
        Self {
            text: crate::digest::shorten(text),
            reason,
        }
    }

    /// Returns the reason.
    pub(crate) fn reason(&self) -> &'static str {
        self.reason
    }
}
