//! An open upload: a session, and how far it is.

use std::ops::Range;

use oras_content::Error;

use crate::session::Session;

/// A session that takes the bytes from `offset` on.
pub(crate) struct Open {
    pub(crate) session: Session,
    pub(crate) offset: u64,
    /// How many bytes the last request had.
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

    /// The bytes of the last request.
    pub(crate) fn range(&self) -> Range<u64> {
        self.offset..self.offset + self.len
    }
}

/// An attempt that failed, and the session that it leaves behind.
pub(crate) struct Failed {
    pub(crate) error: Error,
    pub(crate) open: Option<Open>,
}
