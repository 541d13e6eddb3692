//! An open upload: a session and its offset.

use std::ops::Range;

use oras_content::Error;

use crate::session::Session;

/// A session that expects the bytes from `offset` on.
pub(crate) struct Open {
    pub(crate) session: Session,
    pub(crate) offset: u64,
    /// The number of bytes in the last request.
    pub(crate) len: u64,
}

impl Open {
    pub(crate) fn new(session: Session) -> Self {
        Self {
            session,
            offset: 0,
            len: 0,
        }
    }

    /// The range of the last request.
    pub(crate) fn range(&self) -> Range<u64> {
        self.offset..self.offset + self.len
    }
}

/// A failed attempt, and the session that it leaves behind.
pub(crate) struct Failed {
    pub(crate) error: Error,
    pub(crate) open: Option<Open>,
}
