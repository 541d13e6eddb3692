//! Uploads that an earlier run of the program left.

use oras_content::{Pushed, Result};

use super::Sending;
use crate::error::is_answered;
use crate::open::Open;
use crate::session::Session;

impl Sending<'_> {
    /// The session that an earlier upload of the blob left.
    pub(crate) async fn left_before(&self) -> Option<Session> {
        self.record
            .session(self.repository, self.content.expected())
            .await
    }

    /// Sends the rest of the blob in the session of an earlier upload, or all of it in a new one. Sends nothing if the
    /// blob is already there.
    pub(crate) async fn resume_earlier(mut self, left: Session) -> Result<Pushed> {
        if !self.force && self.is_present().await {
            self.record.remove().await;
            self.repository.end(Some(left)).await;
            return Ok(Pushed::Present);
        }
        let open = self.pick_up(left).await;
        self.finish(open).await
    }

    /// Whether the registry says that it has the blob.
    async fn is_present(&self) -> bool {
        let asked = self.repository.has_blob(self.content.expected()).await;
        asked.unwrap_or(false)
    }

    /// Asks the session of an earlier upload for its offset.
    async fn pick_up(&mut self, session: Session) -> Option<Open> {
        let expected = self.content.expected();
        let asked = self.repository.upload_status(&session, expected).await;
        let (session, received) = match asked {
            Ok(told) => told,
            Err(error) => {
                tracing::debug!(blob = %expected.digest, %error, "the earlier upload cannot be taken up");
                let is_there = is_answered(&error) && !error.is_not_found();
                self.repository.end(is_there.then_some(session)).await;
                return None;
            }
        };
        // Registries report byte 0 for an empty session, too.
        let Some(offset) = received.filter(|received| (2..=expected.size).contains(received)) else {
            self.repository.end(Some(session)).await;
            return None;
        };
        tracing::info!(blob = %expected.digest, offset, "going on with an earlier upload");
        self.record.keep(self.repository, &session).await;
        self.interruptions.advance(offset);
        Some(Open {
            offset,
            ..Open::new(session)
        })
    }
}
