//! Starts and ends the push of a blob.

use std::sync::atomic::Ordering;
use std::time::Duration;

use http::{Method, StatusCode};
use oras_content::{Descriptor, ErrorKind, OpenUpload, Payload, PushOptions, Pushed, Result};

use crate::Repository;
use crate::mount::{Mount, may_be_the_mount};
use crate::outgoing::Outgoing;
use crate::record::Record;
use crate::request::Call;
use crate::sending::Sending;
use crate::session::{Session, Start};

/// The waits between checks whether a blob has arrived after its upload was not acknowledged.
const ARRIVAL_LOOKS: [Duration; 5] = [
    Duration::ZERO,
    Duration::from_secs(2),
    Duration::from_secs(5),
    Duration::from_secs(10),
    Duration::from_secs(20),
];

/// The longest that a failed upload waits for its session to be cancelled.
const CANCEL_TIME: Duration = Duration::from_secs(2);

impl Repository {
    /// Spec: distribution-spec v1.1, "Pushing blobs".
    pub(crate) async fn push_blob(
        &self,
        expected: &Descriptor,
        payload: Payload,
        opts: PushOptions,
    ) -> Result<Pushed> {
        let content = Outgoing::new(payload, expected.clone())?;
        let record = match content.is_replayable() {
            true => Record::claim(self, expected).await,
            false => Record::none(),
        };
        let sending = Sending::new(self, content, opts.force, record);
        let mut opened = self.session_of(opts.upload.as_ref());
        if opened.is_none()
            && let Some(left) = sending.left_before().await
        {
            return sending.resume_earlier(left).await;
        }
        if opened.is_none() && !opts.force {
            opened = match self.mount(expected, &opts.mount_from).await? {
                Mount::Mounted => return Ok(Pushed::Mounted),
                Mount::Opened(session) => Some(session),
                Mount::Refused | Mount::NotAsked => None,
            };
        }
        sending.run(opened).await
    }

    /// Checks for a blob and opens an upload session in one request: a mount from the repository itself succeeds only
    /// if the blob exists. If the registry refuses such mounts, two requests are sent. A forced push does not check.
    pub(crate) async fn start(
        &self,
        expected: &Descriptor,
        force: bool,
        checks_separately: bool,
    ) -> Result<Start> {
        if force {
            return self.start_upload(expected, None).await;
        }
        if !checks_separately && !self.learnt.refuses_probe.load(Ordering::Relaxed) {
            match self.start_upload(expected, Some(&self.name)).await {
                Err(error) if may_be_the_mount(&error) => {
                    let started = self.ask_apart(expected).await?;
                    // If the probe worked before, this may be a transient failure.
                    let is_certain =
                        !error.is_transient() || !self.learnt.probe_works.load(Ordering::Relaxed);
                    self.learnt.refuses_probe.fetch_or(is_certain, Ordering::Relaxed);
                    return Ok(started);
                }
                answered => return answered,
            }
        }
        self.ask_apart(expected).await
    }

    async fn ask_apart(&self, expected: &Descriptor) -> Result<Start> {
        match self.has_blob(expected).await? {
            true => Ok(Start::Present),
            false => self.start_upload(expected, None).await,
        }
    }

    /// Whether the registry has the blob in full. A blob of another length counts as missing, and is pushed again.
    pub(crate) async fn has_blob(&self, expected: &Descriptor) -> Result<bool> {
        match self.blob_exists(expected).await {
            Err(error) if *error.kind() == ErrorKind::Verify => Ok(false),
            answered => answered,
        }
    }

    /// Whether a blob is there that was sent completely but not acknowledged. A registry may still be storing it.
    pub(crate) async fn arrives(&self, expected: &Descriptor) -> bool {
        for pause in ARRIVAL_LOOKS {
            tokio::time::sleep(pause).await;
            match self.blob_exists(expected).await {
                Ok(true) => return true,
                Ok(false) => {}
                Err(_) => return false,
            }
        }
        false
    }

    /// The session that an offer for this repository opened.
    fn session_of(&self, upload: Option<&OpenUpload>) -> Option<Session> {
        let session: &Session = upload?.get()?;
        session.is_of(self).then(|| session.clone())
    }

    /// Ends a session that is no longer needed.
    pub(crate) async fn end(&self, session: Option<Session>) {
        if let Some(session) = session {
            self.cancel(&session).await;
            // Only afterwards: if the future is dropped during the request, the session is cancelled later.
            self.core.client.uploads.forget(&session);
        }
    }

    /// Ends the session that an offer opened.
    pub(crate) async fn abandon_upload(&self, upload: &OpenUpload) {
        self.end(self.session_of(Some(upload))).await;
    }

    /// Cancels an upload. A failure is ignored, and the wait is bounded.
    async fn cancel(&self, session: &Session) {
        let what = self.core.subject(&*self.full_name);
        let call = Call::new(Method::DELETE, session.location().clone(), what);
        let call = call.scopes(self.push());
        let cancelled = async {
            if let Ok(response) = self.core.send(call, &[StatusCode::NO_CONTENT]).await {
                response.into_body().drain().await;
            }
        };
        // After the timeout, the session is left to the registry.
        let _ = tokio::time::timeout(CANCEL_TIME, cancelled).await;
    }
}
