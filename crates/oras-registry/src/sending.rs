//! Sending: a blob on its way into upload sessions, taken up again where a connection broke.

use std::ops::Range;

use oras_content::{Error, Pushed, Result};

use crate::Repository;
use crate::error::{is_cut_short, is_silence};
use crate::outgoing::Outgoing;
use crate::remedy::{Remedy, is_lost, is_of_session, is_out_of_order, is_too_large, starts_again, wait};
use crate::session::{Session, Start};
use crate::way::Way;

/// How often an upload is interrupted without getting anywhere before it fails.
const MAX_INTERRUPTIONS: u32 = 3;

/// What counts as getting somewhere. A blob of fewer bytes is sent anew rather than taken up again.
const PROGRESS: u64 = 1024 * 1024;

/// A chunk that is not longer is nowhere too long for being a chunk, as far as is known.
const LONG: u64 = 4 * 1024 * 1024;

/// One blob that is sent.
pub(crate) struct Sending<'a> {
    repository: &'a Repository,
    content: Outgoing,
    force: bool,
    way: Way,
    /// Interruptions since there was progress.
    interruptions: u32,
    /// The most bytes that the registry had so far, as of the last progress.
    best: u64,
    was_silent: bool,
    is_again: bool,
    /// Sessions that may still become the blob, which is why they are ended only when it is sure whether one has.
    left: Vec<Session>,
}

/// A session that takes the bytes from `offset` on.
struct Open {
    session: Session,
    offset: u64,
    /// How many bytes the last request had.
    len: u64,
}

/// An attempt that failed, and the session that it leaves behind.
struct Failed {
    error: Error,
    open: Option<Open>,
}

impl Open {
    fn new(session: Session) -> Self {
        Self {
            session,
            offset: 0,
            len: 0,
        }
    }

    /// The bytes of the last request.
    fn range(&self) -> Range<u64> {
        self.offset..self.offset + self.len
    }
}

impl<'a> Sending<'a> {
    pub(crate) fn new(repository: &'a Repository, content: Outgoing, force: bool) -> Self {
        let mut way = Way::usual(&repository.learnt);
        if !content.is_replayable() {
            // What can be read once cannot be read from its middle.
            way.max_body = None;
        }
        Self {
            repository,
            content,
            force,
            way,
            interruptions: 0,
            best: 0,
            was_silent: false,
            is_again: false,
            left: Vec::new(),
        }
    }

    /// Sends the blob, in the session that is open or in new ones.
    pub(crate) async fn run(mut self, opened: Option<Session>) -> Result<Pushed> {
        let pushed = self.go_on(opened).await;
        let left = self.left.into_iter().map(Some);
        futures_util::future::join_all(left.map(|session| self.repository.end(session))).await;
        pushed
    }

    async fn go_on(&mut self, opened: Option<Session>) -> Result<Pushed> {
        let mut open = opened.map(Open::new);
        loop {
            let failed = match self.attempt(open.take()).await {
                // It is this upload that arrived, and only its answer was lost.
                Ok(Pushed::Present) if self.is_again => {
                    for session in std::mem::take(&mut self.left) {
                        self.forget(&session);
                    }
                    return Ok(Pushed::Stored);
                }
                Ok(pushed) => return Ok(pushed),
                Err(failed) => failed,
            };
            open = self.recover(failed).await?;
            self.is_again = true;
        }
    }

    async fn attempt(&mut self, open: Option<Open>) -> Result<Pushed, Failed> {
        let mut open = match open {
            Some(open) => open,
            None => match self.start().await {
                Ok(Start::Present) => return Ok(Pushed::Present),
                Ok(Start::Session(session)) => Open::new(session),
                Err(error) => return Err(Failed { error, open: None }),
            },
        };
        let sent = match self.send(&mut open).await {
            Err(error) if self.arrives(&open, &error).await => Ok(()),
            Ok(()) => {
                self.way.teach(&self.repository.learnt, &open.session);
                Ok(())
            }
            Err(error) => Err(error),
        };
        match sent {
            Ok(()) => {
                self.forget(&open.session);
                Ok(Pushed::Stored)
            }
            Err(error) => Err(Failed {
                error,
                open: Some(open),
            }),
        }
    }

    async fn start(&self) -> Result<Start> {
        self.repository
            .start(self.content.expected(), self.force, self.way.asks_apart)
            .await
    }

    /// Sends what the session does not have, and ends it.
    async fn send(&mut self, open: &mut Open) -> Result<()> {
        let size = self.content.expected().size;
        if self.way.is_single(open.offset, size) {
            open.len = size;
            return self
                .repository
                .put_blob(&open.session, &self.content, 0..size)
                .await;
        }
        while open.offset < size {
            open.len = self.way.chunk(&open.session, size - open.offset);
            let range = open.range();
            if self.way.is_end(&range, size) {
                return self
                    .repository
                    .put_blob(&open.session, &self.content, range)
                    .await;
            }
            let sent = self
                .repository
                .patch_blob(&open.session, &self.content, range.clone());
            (open.session, open.offset) = sent.await?;
            self.advance(open.offset);
            if open.offset < range.end {
                self.keep_short(open.offset - range.start)?;
            }
        }
        open.len = 0;
        self.repository
            .put_blob(&open.session, &self.content, size..size)
            .await
    }

    /// Whether a blob that was sent whole, and not answered, is there after all.
    async fn arrives(&self, open: &Open, error: &Error) -> bool {
        let expected = self.content.expected();
        let size = expected.size;
        let is_end = open.offset == size || self.way.is_single(open.offset, size);
        let is_end = is_end || self.way.is_end(&open.range(), size);
        is_end && is_silence(error) && !is_cut_short(error) && self.repository.arrives(expected).await
    }

    /// Progress begins the count of interruptions anew.
    fn advance(&mut self, offset: u64) {
        if offset >= self.best.saturating_add(PROGRESS) {
            (self.best, self.interruptions, self.was_silent) = (offset, 0, false);
        }
    }

    /// Takes to chunks as long as the `kept` bytes, which are all that the registry kept of one.
    fn keep_short(&mut self, kept: u64) -> Result<()> {
        if self.interruptions == MAX_INTERRUPTIONS {
            let what = self.repository.describe(self.content.expected());
            let reason = "the registry keeps only a part of what it takes";
            return Err(Error::protocol(what, reason));
        }
        self.interruptions += 1;
        self.way.max_body = Some(kept.max(PROGRESS));
        Ok(())
    }

    /// Where the bytes go next, after a failure: into the session that is given, or else into a new one.
    async fn recover(&mut self, failed: Failed) -> Result<Option<Open>> {
        let Failed { error, open } = failed;
        let is_silent_again = self.was_silent && is_silence(&error);
        self.was_silent = is_silence(&error);
        let remedy = match self.content.is_replayable() {
            true => self.remedy(&error, open.as_ref()),
            false => None,
        };
        let Some(remedy) = remedy else {
            self.end(open).await;
            return Err(error);
        };
        tracing::debug!(blob = %self.content.expected().digest, %error, "taking the upload up again");
        let open = match (remedy, open) {
            (Remedy::Shorten, open) => return Ok(open),
            (Remedy::Resume, Some(open)) => {
                tokio::time::sleep(wait(&error, self.interruptions + 1)).await;
                self.resume(open, &error).await
            }
            (Remedy::Anew { waits }, open) => {
                self.leave(open, &error).await;
                if waits && !is_silent_again && self.interruptions < MAX_INTERRUPTIONS {
                    tokio::time::sleep(wait(&error, self.interruptions + 1)).await;
                }
                None
            }
            (Remedy::Resume, None) => None,
        };
        let is_stuck = is_silent_again && self.was_silent;
        if is_stuck || self.interruptions == MAX_INTERRUPTIONS {
            self.end(open).await;
            return Err(error);
        }
        self.interruptions += 1;
        Ok(open)
    }

    fn remedy(&mut self, error: &Error, open: Option<&Open>) -> Option<Remedy> {
        let Some(open) = open else {
            return starts_again(error).then_some(Remedy::Anew { waits: true });
        };
        let size = self.content.expected().size;
        let is_in_chunks = !self.way.is_single(open.offset, size);
        if is_too_large(error) {
            return self.way.shorten(open.len).then_some(Remedy::Shorten);
        }
        if is_lost(error) {
            let changes = open.offset == 0 && self.way.changes(error, &open.session);
            return Some(Remedy::Anew { waits: !changes });
        }
        if self.way.resumes && is_in_chunks && is_out_of_order(error) {
            return Some(Remedy::Resume);
        }
        if starts_again(error) {
            let is_worth_it = self.way.resumes && size >= PROGRESS;
            return Some(match is_worth_it {
                true => Remedy::Resume,
                false => Remedy::Anew { waits: true },
            });
        }
        if open.offset > 0 && self.way.resumes && is_of_session(error) {
            // The registry does not go on as it said. It gets all bytes at once, once more.
            self.way.resumes = false;
            self.way.ends_with_bytes |= open.offset == size;
            return Some(Remedy::Anew { waits: false });
        }
        let changes = self.way.changes(error, &open.session);
        changes.then_some(Remedy::Anew { waits: false })
    }

    /// Asks the session where it goes on. One that does not say, or that has what it was not sent, is given up.
    async fn resume(&mut self, open: Open, error: &Error) -> Option<Open> {
        let expected = self.content.expected();
        let asked = self.repository.upload_status(&open.session, expected).await;
        let (session, received) = match asked {
            Ok(told) => told,
            Err(untold) => {
                tracing::debug!(error = %untold, "the upload cannot be taken up");
                if untold.is_not_found() {
                    self.forget(&open.session);
                    return None;
                }
                (open.session, None)
            }
        };
        let next = Open { session, ..open };
        match self.offset(&next, received, error) {
            Some(offset) => {
                self.advance(offset);
                Some(Open { offset, ..next })
            }
            None => {
                self.repository.end(Some(next.session)).await;
                None
            }
        }
    }

    /// Where the session goes on that has `received` so many bytes, after `error`.
    fn offset(&mut self, open: &Open, received: Option<u64>, error: &Error) -> Option<u64> {
        let received = received?;
        // An empty session, too, is said to have the byte 0.
        let is_empty = received == 1;
        let is_as_thought = received == open.offset || (is_empty && open.offset == 0);
        if is_out_of_order(error) && is_as_thought {
            // Some registries refuse long chunks as if they were out of order.
            let is_long = open.len > LONG && self.way.shorten(open.len);
            self.way.resumes = is_long;
            return is_long.then_some(open.offset);
        }
        (!is_empty && received <= self.content.reached()).then_some(received)
    }

    /// Leaves a session for a new one. Where the answer was lost, the old one may still become the blob.
    async fn leave(&mut self, open: Option<Open>, error: &Error) {
        let Some(Open { session, .. }) = open else {
            return;
        };
        if is_lost(error) {
            self.forget(&session);
        } else if error.is_transient() {
            self.left.push(session);
        } else {
            self.repository.end(Some(session)).await;
        }
    }

    /// The registry is done with `session`.
    fn forget(&self, session: &Session) {
        self.repository.core.client.uploads.forget(session);
    }

    async fn end(&self, open: Option<Open>) {
        self.repository.end(open.map(|open| open.session)).await;
    }
}
