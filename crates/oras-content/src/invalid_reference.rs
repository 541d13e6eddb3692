//! `InvalidReference`: a text that cannot name anything.

/// A text that is not a reference, tag or repository name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid reference {text:?}: {reason}")]
pub struct InvalidReference {
    text: String,
    reason: &'static str,
}

impl InvalidReference {
    /// Says that `text` is not a reference, and why.
    pub fn new(text: &str, reason: &'static str) -> Self {
        Self {
            text: crate::digest::shorten(text),
            reason,
        }
    }

    /// Why it is not one.
    pub(crate) fn reason(&self) -> &'static str {
        self.reason
    }
}
