//! How a blob is sent if a registry does not accept the usual way: one request that closes its upload.

use std::ops::Range;
use std::sync::atomic::Ordering;

use oras_content::{Error, ErrorKind};

use crate::learnt::Learnt;
use crate::remedy::is_lost;
use crate::session::Session;

const MIB: u64 = 1024 * 1024;

/// The lengths of chunks to try, in turn, if a registry or a proxy before it refuses longer ones.
const LENGTHS: [u64; 5] = [64 * MIB, 16 * MIB, 4 * MIB, MIB, MIB / 4];

pub(crate) struct UploadStrategy {
    /// Check for the blob in a request of its own, instead of by a mount from the repository itself.
    pub(crate) checks_separately: bool,
    /// Send chunks before the request that closes the upload.
    pub(crate) in_chunks: bool,
    /// If there are several chunks, send the last one in the request that closes the upload.
    pub(crate) ends_with_bytes: bool,
    /// Maximum number of bytes in one request. `None`: no limit.
    pub(crate) max_body: Option<u64>,
    /// Whether to resume an interrupted upload at the offset the registry reports.
    pub(crate) resumes: bool,
}

impl UploadStrategy {
    /// The way that has worked at this registry so far.
    pub(crate) fn usual(learnt: &Learnt) -> Self {
        let max_body = learnt.max_body.load(Ordering::Relaxed);
        Self {
            checks_separately: learnt.refuses_probe.load(Ordering::Relaxed),
            in_chunks: learnt.refuses_put.load(Ordering::Relaxed),
            ends_with_bytes: learnt.refuses_empty_end.load(Ordering::Relaxed),
            max_body: (max_body > 0).then_some(max_body),
            resumes: true,
        }
    }

    /// Remembers the restrictions of the registry after this way worked.
    pub(crate) fn teach(&self, learnt: &Learnt, session: &Session) {
        learnt.refuses_put.fetch_or(self.in_chunks, Ordering::Relaxed);
        learnt
            .refuses_empty_end
            .fetch_or(self.ends_with_bytes, Ordering::Relaxed);
        if let Some(max_body) = self.max_body {
            // Of concurrent uploads, the one with the shortest chunks is right.
            let _ = learnt
                .max_body
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |known| {
                    (known == 0 || max_body < known).then_some(max_body)
                });
        }
        if session.is_failed_mount {
            learnt.probe_works.store(true, Ordering::Relaxed);
        }
        if self.checks_separately && !learnt.probe_works.load(Ordering::Relaxed) {
            learnt.refuses_probe.store(true, Ordering::Relaxed);
        }
    }

    /// Whether the whole blob of `len` bytes goes into the request that closes the upload.
    pub(crate) fn is_single(&self, start: u64, len: u64) -> bool {
        start == 0 && !self.in_chunks && self.max_body.is_none_or(|most| len <= most)
    }

    /// Whether the chunk `range` of a blob of `size` bytes goes into the request that closes the upload.
    pub(crate) fn is_end(&self, range: &Range<u64>, size: u64) -> bool {
        self.ends_with_bytes && range.start > 0 && range.end == size
    }

    /// The length of the next chunk, which starts at `start`, of a blob of `size` bytes.
    pub(crate) fn chunk(&self, session: &Session, start: u64, size: u64) -> u64 {
        let left = size - start;
        let most = self.max_body.unwrap_or(left);
        let len = most.max(session.min_chunk).min(left);
        // The closing request must carry bytes, and must not be the first that does.
        match self.ends_with_bytes && start == 0 && len == left {
            true => len.saturating_sub(1).max(1),
            false => len,
        }
    }

    /// Switches to shorter chunks than the `refused` bytes, if a length is left to try.
    pub(crate) fn shorten(&mut self, refused: u64) -> bool {
        let limit = self.max_body.unwrap_or(u64::MAX).min(refused);
        if let Some(shorter) = LENGTHS.into_iter().find(|length| *length < limit) {
            self.max_body = Some(shorter);
            return true;
        }
        // The cause may be a `PUT` with bytes rather than the length.
        !std::mem::replace(&mut self.in_chunks, true)
    }

    /// Whether `error` means that the registry refuses this way, and there is another to try.
    pub(crate) fn changes(&mut self, error: &Error, session: &Session) -> bool {
        if !matches!(error.kind(), ErrorKind::Unsupported | ErrorKind::NotFound) {
            return false;
        }
        if session.is_failed_mount && !self.checks_separately {
            self.checks_separately = true;
            return true;
        }
        if is_lost(error) || self.in_chunks {
            return false;
        }
        self.in_chunks = true;
        true
    }
}
