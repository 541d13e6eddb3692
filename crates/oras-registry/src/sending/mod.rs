//! Sends a blob to upload sessions, and resumes after connections broke.

mod earlier;
mod recover;

use oras_content::{Error, Pushed, Result};

use crate::Repository;
use crate::error::{is_cut_short, is_silence};
use crate::interruptions::{Interruptions, PROGRESS};
use crate::open::{Failed, Open};
use crate::outgoing::Outgoing;
use crate::record::Record;
use crate::session::{Session, Start};
use crate::upload_strategy::UploadStrategy;

/// The upload of one blob.
pub(crate) struct Sending<'a> {
    repository: &'a Repository,
    content: Outgoing,
    force: bool,
    strategy: UploadStrategy,
    record: Record,
    interruptions: Interruptions,
    is_again: bool,
    left: Vec<Left>,
}

/// A session that may still complete the blob. It is ended only once the outcome is known.
struct Left {
    session: Session,
    /// Whether its last request was answered, if only by a proxy.
    is_answered: bool,
}

impl<'a> Sending<'a> {
    pub(crate) fn new(repository: &'a Repository, content: Outgoing, force: bool, record: Record) -> Self {
        let mut strategy = UploadStrategy::usual(&repository.learnt);
        if !content.is_replayable() {
            // Content that can be read only once cannot be read from the middle.
            strategy.max_body = None;
        }
        Self {
            repository,
            content,
            force,
            strategy,
            record,
            interruptions: Interruptions::default(),
            is_again: false,
            left: Vec::new(),
        }
    }

    /// Sends the blob, in the open session or in new ones.
    pub(crate) async fn run(self, opened: Option<Session>) -> Result<Pushed> {
        if let Some(session) = &opened {
            self.record.keep(self.repository, session).await;
        }
        self.finish(opened.map(Open::new)).await
    }

    async fn finish(mut self, open: Option<Open>) -> Result<Pushed> {
        let pushed = self.go_on(open).await;
        if pushed.is_ok() {
            self.record.remove().await;
        }
        let left = self.left.into_iter();
        let ended = left.map(|left| self.repository.end(Some(left.session)));
        futures_util::future::join_all(ended).await;
        pushed
    }

    async fn go_on(&mut self, mut open: Option<Open>) -> Result<Pushed> {
        loop {
            let failed = match self.attempt(open.take()).await {
                Ok(Pushed::Present) if self.is_again => {
                    self.forget_unanswered();
                    return Ok(Pushed::Stored);
                }
                Ok(pushed) => return Ok(pushed),
                Err(failed) => failed,
            };
            open = self.recover(failed).await?;
            self.is_again = true;
        }
    }

    /// The blob is there, so the requests without a response have completed it, and their sessions are closed.
    fn forget_unanswered(&mut self) {
        let unanswered = self.left.extract_if(.., |left| !left.is_answered);
        let arrived: Vec<_> = unanswered.collect();
        arrived.iter().for_each(|left| self.forget(&left.session));
    }

    async fn attempt(&mut self, open: Option<Open>) -> Result<Pushed, Failed> {
        let mut open = match open {
            Some(open) => open,
            None => match self.start().await {
                Ok(Start::Present) => return Ok(Pushed::Present),
                Ok(Start::Session(session)) => {
                    self.record.keep(self.repository, &session).await;
                    Open::new(session)
                }
                Err(error) => return Err(Failed { error, open: None }),
            },
        };
        let sent = match self.send(&mut open).await {
            Err(error) if self.arrives(&open, &error).await => Ok(()),
            Ok(()) => {
                self.strategy.teach(&self.repository.learnt, &open.session);
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
            .start(
                self.content.expected(),
                self.force,
                self.strategy.checks_separately,
            )
            .await
    }

    /// Sends the bytes that the session does not have, and closes it.
    async fn send(&mut self, open: &mut Open) -> Result<()> {
        let size = self.content.expected().size;
        if self.strategy.is_single(open.offset, size) {
            open.len = size;
            return self
                .repository
                .put_blob(&open.session, &self.content, 0..size)
                .await;
        }
        while open.offset < size {
            open.len = self.strategy.chunk(&open.session, open.offset, size);
            let range = open.range();
            if self.strategy.is_end(&range, size) {
                return self
                    .repository
                    .put_blob(&open.session, &self.content, range)
                    .await;
            }
            let sent = self
                .repository
                .patch_blob(&open.session, &self.content, range.clone());
            (open.session, open.offset) = sent.await?;
            self.record.keep(self.repository, &open.session).await;
            self.interruptions.advance(open.offset);
            if open.offset < range.end {
                self.keep_short(open.offset - range.start)?;
            }
        }
        open.len = 0;
        self.repository
            .put_blob(&open.session, &self.content, size..size)
            .await
    }

    /// Whether a blob that was sent completely, but not acknowledged, is stored after all.
    async fn arrives(&self, open: &Open, error: &Error) -> bool {
        let expected = self.content.expected();
        let size = expected.size;
        let is_end = open.offset == size || self.strategy.is_single(open.offset, size);
        let is_end = is_end || self.strategy.is_end(&open.range(), size);
        is_end && is_silence(error) && !is_cut_short(error) && self.repository.arrives(expected).await
    }

    /// Limits chunks to `kept`, the number of bytes that the registry kept of a longer one.
    fn keep_short(&mut self, kept: u64) -> Result<()> {
        if self.interruptions.is_full() {
            let what = self.repository.describe(self.content.expected());
            let reason = "the registry keeps only a part of what it takes";
            return Err(Error::protocol(what, reason));
        }
        self.interruptions.add();
        self.strategy.max_body = Some(kept.max(PROGRESS));
        Ok(())
    }
}
