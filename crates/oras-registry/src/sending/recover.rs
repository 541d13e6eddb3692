//! Recovers an upload after a failure.

use oras_content::{Error, Result};

use super::{Left, Sending};
use crate::error::is_answered;
use crate::interruptions::PROGRESS;
use crate::open::{Failed, Open};
use crate::remedy::{Remedy, is_lost, is_of_session, is_out_of_order, is_too_large, starts_again, wait};
use crate::session::Session;

/// No registry is known to refuse chunks up to this length as too long.
const LONG: u64 = 4 * 1024 * 1024;

impl Sending<'_> {
    /// Decides where the bytes go after a failure: to the returned session, or else to a new one.
    pub(super) async fn recover(&mut self, failed: Failed) -> Result<Option<Open>> {
        let Failed { error, open } = failed;
        self.interruptions.note(&error);
        let remedy = match self.content.is_replayable() {
            true => self.remedy(&error, open.as_ref()),
            false => None,
        };
        let Some(remedy) = remedy else {
            self.give_up(open, &error).await;
            return Err(error);
        };
        tracing::debug!(blob = %self.content.expected().digest, %error, "taking the upload up again");
        let open = match (remedy, open) {
            (Remedy::Shorten, open) => return Ok(open),
            (Remedy::Resume, Some(open)) => {
                tokio::time::sleep(wait(&error, self.interruptions.next())).await;
                self.resume(open, &error).await?
            }
            (Remedy::Anew { waits }, open) => {
                self.leave(open, &error).await;
                if waits && !self.interruptions.is_over() {
                    tokio::time::sleep(wait(&error, self.interruptions.next())).await;
                }
                None
            }
            (Remedy::Resume, None) => None,
        };
        if self.interruptions.is_over() {
            self.give_up(open, &error).await;
            return Err(error);
        }
        self.interruptions.add();
        Ok(open)
    }

    fn remedy(&mut self, error: &Error, open: Option<&Open>) -> Option<Remedy> {
        let Some(open) = open else {
            return starts_again(error).then_some(Remedy::Anew { waits: true });
        };
        let size = self.content.expected().size;
        let is_in_chunks = !self.strategy.is_single(open.offset, size);
        if is_too_large(error) {
            return self.strategy.shorten(open.len).then_some(Remedy::Shorten);
        }
        if is_lost(error) {
            let changes = open.offset == 0 && self.strategy.changes(error, &open.session);
            return Some(Remedy::Anew { waits: !changes });
        }
        if self.strategy.resumes && is_in_chunks && is_out_of_order(error) {
            return Some(Remedy::Resume);
        }
        if starts_again(error) {
            let is_worth_it = self.strategy.resumes && size >= PROGRESS;
            return Some(match is_worth_it {
                true => Remedy::Resume,
                false => Remedy::Anew { waits: true },
            });
        }
        if open.offset > 0 && self.strategy.resumes && is_of_session(error) {
            // The registry does not continue as announced. Send all bytes in one request, once more.
            self.strategy.resumes = false;
            self.strategy.ends_with_bytes |= open.offset == size;
            return Some(Remedy::Anew { waits: false });
        }
        let changes = self.strategy.changes(error, &open.session);
        changes.then_some(Remedy::Anew { waits: false })
    }

    /// Asks the session for its offset. A session that does not tell, or that has bytes that were not sent, is
    /// abandoned.
    async fn resume(&mut self, open: Open, error: &Error) -> Result<Option<Open>> {
        let expected = self.content.expected();
        let asked = self.repository.upload_status(&open.session, expected).await;
        let (session, received) = match asked {
            Ok(told) => told,
            Err(untold) => {
                tracing::debug!(error = %untold, "the upload cannot be taken up");
                if self.record.is_kept() && !is_answered(&untold) {
                    return Err(untold);
                }
                if untold.is_not_found() {
                    self.forget(&open.session);
                    return Ok(None);
                }
                (open.session, None)
            }
        };
        let next = Open { session, ..open };
        match self.offset(&next, received, error) {
            Some(offset) => {
                self.record.keep(self.repository, &next.session).await;
                self.interruptions.advance(offset);
                Ok(Some(Open { offset, ..next }))
            }
            None => {
                self.repository.end(Some(next.session)).await;
                Ok(None)
            }
        }
    }

    /// The offset to continue at, if the session has `received` bytes after `error`.
    fn offset(&mut self, open: &Open, received: Option<u64>, error: &Error) -> Option<u64> {
        let received = received?;
        // Registries report byte 0 for an empty session, too.
        let is_empty = received == 1;
        let is_as_thought = received == open.offset || (is_empty && open.offset == 0);
        if is_out_of_order(error) && is_as_thought {
            // Some registries refuse long chunks as if they were out of order.
            let is_long = open.len > LONG && self.strategy.shorten(open.len);
            self.strategy.resumes = is_long;
            return is_long.then_some(open.offset);
        }
        (!is_empty && received <= self.content.reached()).then_some(received)
    }

    /// Abandons a session for a new one. If its response was lost, the old one may still complete the blob.
    async fn leave(&mut self, open: Option<Open>, error: &Error) {
        let Some(Open { session, .. }) = open else {
            return;
        };
        self.record.remove().await;
        if is_lost(error) {
            self.forget(&session);
        } else if error.is_transient() {
            let is_answered = is_answered(error);
            self.left.push(Left { session, is_answered });
        } else {
            self.repository.end(Some(session)).await;
        }
    }

    /// Marks `session` as closed by the registry.
    pub(super) fn forget(&self, session: &Session) {
        self.repository.core.client.uploads.forget(session);
    }

    /// Ends the upload, or leaves it to a later run of the program if the failure is transient.
    async fn give_up(&self, open: Option<Open>, error: &Error) {
        if self.record.is_kept() && error.is_transient() {
            return;
        }
        self.record.remove().await;
        self.repository.end(open.map(|open| open.session)).await;
    }
}
