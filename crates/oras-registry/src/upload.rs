//! Uploads: how a push of a blob begins and ends.

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

/// The waits between looks at whether a blob has arrived whose upload was not answered.
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
            return sending.take_up(left).await;
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

    /// Asks for a blob and for an upload session in one request: a mount from the repository itself succeeds exactly
    /// when the blob is there. Registries that refuse such a mount are asked in two. A forced push does not ask.
    pub(crate) async fn start(&self, expected: &Descriptor, force: bool, asks_apart: bool) -> Result<Start> {
        if force {
            return self.start_upload(expected, None).await;
        }
        if !asks_apart && !self.learnt.refuses_probe.load(Ordering::Relaxed) {
            match self.start_upload(expected, Some(&self.name)).await {
                Err(error) if may_be_the_mount(&error) => {
                    let started = self.ask_apart(expected).await?;
                    // Where the probe did its work before, it may have failed in a bad moment.
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

    /// Whether the registry has the blob as it should be. One of another length is as good as none: it is pushed anew.
    pub(crate) async fn has_blob(&self, expected: &Descriptor) -> Result<bool> {
        match self.blob_exists(expected).await {
            Err(error) if *error.kind() == ErrorKind::Verify => Ok(false),
            answered => answered,
        }
    }

    /// Whether a blob is there that was sent whole and not answered: a registry may still be storing it.
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

    /// The upload that an offer for this repository opened.
    fn session_of(&self, upload: Option<&OpenUpload>) -> Option<Session> {
        let session: &Session = upload?.get()?;
        session.is_of(self).then(|| session.clone())
    }

    /// Ends a session that is not needed any more.
    pub(crate) async fn end(&self, session: Option<Session>) {
        if let Some(session) = session {
            self.cancel(&session).await;
            // Only now: a future that is dropped while it cancels leaves the session to be cancelled later.
            self.core.client.uploads.forget(&session);
        }
    }

    /// Ends the session that an offer opened.
    pub(crate) async fn abandon_upload(&self, upload: &OpenUpload) {
        self.end(self.session_of(Some(upload))).await;
    }

    /// Tells the registry that no more bytes come. That it does not listen is no reason to fail, or to wait for long.
    async fn cancel(&self, session: &Session) {
        let what = self.core.subject(&*self.full_name);
        let call = Call::new(Method::DELETE, session.location().clone(), what);
        let call = call.scopes(self.push());
        let cancelled = async {
            if let Ok(response) = self.core.send(call, &[StatusCode::NO_CONTENT]).await {
                response.into_body().drain().await;
            }
        };
        // An elapsed time means a registry that does not listen.
        let _ = tokio::time::timeout(CANCEL_TIME, cancelled).await;
    }
}
