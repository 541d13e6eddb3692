//! Uploads: the bytes of a blob, sent in one request, started again where the session was lost.

use std::sync::atomic::Ordering;
use std::time::Duration;

use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, StatusCode};
use oras_content::{
    Descriptor, Error, ErrorKind, OpenUpload, Payload, PushOptions, Pushed, Result, Verifier,
};
use oras_transport::{Body, Commits};

use crate::Repository;
use crate::error::is_silence;
use crate::mount::{Mount, is_about_the_mount};
use crate::outgoing::request_body;
use crate::request::Call;
use crate::session::{Session, Start};
use crate::status::response_error;

/// How often an upload is started again.
const MAX_RESTARTS: u32 = 3;

/// The longest wait before an upload is started again. A registry that asks for a longer one is not asked again.
const MAX_WAIT: Duration = Duration::from_secs(60);

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

/// An attempt that failed, and the session that it leaves behind.
struct Failed {
    error: Error,
    session: Option<Session>,
}

/// How one blob is sent, as far as it departs from the usual.
struct Way {
    /// Without asking by a mount from the repository itself.
    asks_apart: bool,
    /// In a chunk, before the request that ends the upload.
    in_chunk: bool,
}

impl Repository {
    /// Spec: distribution-spec v1.1, "Pushing blobs".
    pub(crate) async fn push_blob(
        &self,
        expected: &Descriptor,
        payload: Payload,
        opts: PushOptions,
    ) -> Result<Pushed> {
        check(expected, &payload)?;
        let mut opened = self.session_of(opts.upload.as_ref());
        if opened.is_none() && !opts.force {
            opened = match self.mount(expected, &opts.mount_from).await? {
                Mount::Mounted => return Ok(Pushed::Mounted),
                Mount::Opened(session) => Some(session),
                Mount::Refused | Mount::NotAsked => None,
            };
        }
        let mut way = self.usual_way();
        let mut restarts = 0;
        let mut was_silent = false;
        loop {
            let attempt = self.attempt(expected, &payload, opened.take(), opts.force, &way);
            let Failed { error, session } = match attempt.await {
                // After a restart it is this upload that arrived, and only its answer was lost.
                Ok(_) if restarts > 0 => return Ok(Pushed::Stored),
                Ok(pushed) => return Ok(pushed),
                Err(failed) => failed,
            };
            let is_refused = session
                .as_ref()
                .is_some_and(|session| way.changes(&error, session));
            let is_silent_again = was_silent && is_silence(&error);
            let may_help = is_refused || (starts_again(&error) && !is_silent_again);
            if restarts == MAX_RESTARTS || !payload.is_replayable() || !may_help {
                self.end(session).await;
                return Err(error);
            }
            restarts += 1;
            was_silent = is_silence(&error);
            tracing::debug!(blob = %expected.digest, %error, "starting the upload again");
            if !is_refused {
                tokio::time::sleep(wait(&error, restarts)).await;
            }
        }
    }

    /// Sends the bytes once, in the session that is open or in a new one.
    async fn attempt(
        &self,
        expected: &Descriptor,
        payload: &Payload,
        opened: Option<Session>,
        force: bool,
        way: &Way,
    ) -> Result<Pushed, Failed> {
        let start = match opened {
            Some(session) => Ok(Start::Session(session)),
            None => self.start(expected, force, way).await,
        };
        let session = match start {
            Ok(Start::Present) => return Ok(Pushed::Present),
            Ok(Start::Session(session)) => session,
            Err(error) => return Err(Failed { error, session: None }),
        };
        let Err(error) = self.send(&session, expected, payload, way).await else {
            self.learn(way, &session);
            return Ok(Pushed::Stored);
        };
        if is_silence(&error) && self.arrives(expected).await {
            return Ok(Pushed::Stored);
        }
        Err(Failed {
            error,
            session: Some(session),
        })
    }

    fn usual_way(&self) -> Way {
        Way {
            asks_apart: self.learnt.refuses_probe.load(Ordering::Relaxed),
            in_chunk: self.learnt.refuses_put.load(Ordering::Relaxed),
        }
    }

    /// Remembers what the registry does not do, once another way worked.
    fn learn(&self, way: &Way, session: &Session) {
        self.learnt.refuses_put.fetch_or(way.in_chunk, Ordering::Relaxed);
        if session.is_failed_mount {
            self.learnt.probe_works.store(true, Ordering::Relaxed);
        }
        if way.asks_apart && !self.learnt.probe_works.load(Ordering::Relaxed) {
            self.learnt.refuses_probe.store(true, Ordering::Relaxed);
        }
    }

    /// Asks for a blob and for an upload session in one request: a mount from the repository itself succeeds exactly
    /// when the blob is there. Registries that refuse such a mount are asked in two. A forced push does not ask.
    async fn start(&self, expected: &Descriptor, force: bool, way: &Way) -> Result<Start> {
        if force {
            return self.start_upload(expected, None).await;
        }
        if !way.asks_apart && !self.learnt.refuses_probe.load(Ordering::Relaxed) {
            match self.start_upload(expected, Some(&self.name)).await {
                Err(error) if is_about_the_mount(&error) => {
                    let started = self.ask_apart(expected).await?;
                    self.learnt.refuses_probe.store(true, Ordering::Relaxed);
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
    async fn arrives(&self, expected: &Descriptor) -> bool {
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

    async fn send(
        &self,
        session: &Session,
        expected: &Descriptor,
        payload: &Payload,
        way: &Way,
    ) -> Result<()> {
        let sent = match way.in_chunk {
            true => self.patch_blob(session, expected, payload).await,
            false => {
                let body = request_body(payload, expected);
                self.put_blob(session, expected, body, 0).await
            }
        };
        if sent.is_ok() {
            self.core.client.uploads.forget(session);
        }
        sent
    }

    /// Sends the bytes in one chunk, and then ends the session.
    async fn patch_blob(&self, session: &Session, expected: &Descriptor, payload: &Payload) -> Result<()> {
        let what = self.describe(expected);
        let call = Call::new(Method::PATCH, session.location().clone(), &what)
            .scopes(self.push())
            .header(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"))
            .body(request_body(payload, expected))
            .moves_blob()
            .once();
        let accepted = [StatusCode::ACCEPTED, StatusCode::CREATED, StatusCode::NO_CONTENT];
        let response = self.core.send(call, &accepted).await?;
        let next = Session::of(self, session.location(), &response, &what);
        response.into_body().drain().await;
        self.put_blob(&next?, expected, Body::empty(), expected.size)
            .await
    }

    /// Ends the session; `before` is how many bytes were sent in it already.
    async fn put_blob(
        &self,
        session: &Session,
        expected: &Descriptor,
        body: Body,
        before: u64,
    ) -> Result<()> {
        let what = self.describe(expected);
        let call = Call::new(Method::PUT, session.closing_url(expected, &what)?, &what)
            .scopes(self.push())
            .header(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"))
            .body(body)
            .with(Commits(before))
            .moves_blob()
            .once();
        let response = self.core.send(call, &[StatusCode::CREATED]).await?;
        crate::answer::check_taken(response.headers(), &expected.digest, &what)?;
        response.into_body().drain().await;
        Ok(())
    }

    /// The upload that an offer for this repository opened.
    fn session_of(&self, upload: Option<&OpenUpload>) -> Option<Session> {
        let session: &Session = upload?.get()?;
        session.is_of(self).then(|| session.clone())
    }

    /// Ends a session that is not needed any more.
    pub(crate) async fn end(&self, session: Option<Session>) {
        if let Some(session) = session {
            self.core.client.uploads.forget(&session);
            self.cancel(&session).await;
        }
    }

    /// Ends the session that an offer opened.
    pub(crate) async fn abandon_upload(&self, upload: &OpenUpload) {
        self.end(self.session_of(Some(upload))).await;
    }

    /// Tells the registry that no more bytes come. That it does not listen is no reason to fail, or to wait for long.
    pub(crate) async fn cancel(&self, session: &Session) {
        let what = self.core.subject(&*self.full_name);
        let call = Call::new(Method::DELETE, session.location().clone(), what);
        let call = call.scopes(self.push()).once();
        let cancelled = async {
            if let Ok(response) = self.core.send(call, &[StatusCode::NO_CONTENT]).await {
                response.into_body().drain().await;
            }
        };
        // An elapsed time means a registry that does not listen.
        let _ = tokio::time::timeout(CANCEL_TIME, cancelled).await;
    }
}

impl Way {
    /// Whether `error` says that the registry has something against this way, and there is another.
    fn changes(&mut self, error: &Error, session: &Session) -> bool {
        let is_too_large =
            response_error(error).is_some_and(|said| said.status == StatusCode::PAYLOAD_TOO_LARGE);
        if !is_too_large && !matches!(error.kind(), ErrorKind::Unsupported | ErrorKind::NotFound) {
            return false;
        }
        if session.is_failed_mount && !self.asks_apart {
            self.asks_apart = true;
            return true;
        }
        if is_lost(error) || self.in_chunk {
            return false;
        }
        self.in_chunk = true;
        true
    }
}

/// Refuses what cannot become `expected` before anything is sent.
fn check(expected: &Descriptor, payload: &Payload) -> Result<()> {
    let refused = |source| Error::verify(&expected.digest, source);
    match payload.as_verified() {
        Some(verified) => verified.clone().described_by(expected.clone()).map(drop),
        None => Verifier::new(expected).map(drop),
    }
    .map_err(refused)
}

fn is_lost(error: &Error) -> bool {
    response_error(error).is_some_and(|said| said.has_code("BLOB_UPLOAD_UNKNOWN"))
}

/// Whether a new session may do better: the old one is unknown, or something passed by. What could not be read for the
/// upload was tried again by whoever reads it.
fn starts_again(error: &Error) -> bool {
    if *error.kind() == ErrorKind::Payload {
        return false;
    }
    let is_soon = asked_wait(error).is_none_or(|asked| asked <= MAX_WAIT);
    is_lost(error) || (error.is_transient() && is_soon)
}

fn wait(error: &Error, restarts: u32) -> Duration {
    asked_wait(error).unwrap_or(Duration::from_millis(200) * restarts)
}

/// How long the registry asks to wait.
fn asked_wait(error: &Error) -> Option<Duration> {
    match error.kind() {
        ErrorKind::RateLimited { retry_after } => *retry_after,
        _ => None,
    }
}
