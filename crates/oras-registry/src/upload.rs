//! Uploads: the bytes of a blob, sent in one request, started again where the session was lost.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt, TryFutureExt, TryStreamExt};
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, StatusCode};
use oras_content::{Descriptor, Error, PushOptions, Pushed, Result, Source, Verifier};
use oras_transport::{Body, BodySource};

use crate::Repository;
use crate::mount::is_about_the_mount;
use crate::request::Call;
use crate::session::{Session, Start};
use crate::status::response_error;

/// How often an upload is started again.
const MAX_RESTARTS: u32 = 3;

/// The longest wait before an upload is started again.
const MAX_WAIT: Duration = Duration::from_secs(60);

impl Repository {
    /// Spec: distribution-spec v1.1, "Pushing blobs".
    pub(crate) async fn push_blob(
        &self,
        expected: &Descriptor,
        body: Source,
        opts: PushOptions,
    ) -> Result<Pushed> {
        check(expected, &body)?;
        let opened = opts.upload.as_ref().and_then(|upload| upload.get::<Session>());
        let start = match (opened, opts.force) {
            (Some(session), _) => Start::Session(session.clone()),
            (None, true) => self.start_upload(expected, None).await?,
            (None, false) => self.probe(expected).await?,
        };
        match start {
            Start::Present => Ok(Pushed::Present),
            Start::Session(session) => {
                self.upload(session, expected, &body).await?;
                Ok(Pushed::Stored)
            }
        }
    }

    /// Asks for a blob and for an upload session in one request: a mount from the repository itself succeeds exactly
    /// when the blob is there. Registries that refuse such a mount are asked in two.
    async fn probe(&self, expected: &Descriptor) -> Result<Start> {
        if !self.learnt.refuses_probe.load(Ordering::Relaxed) {
            match self.start_upload(expected, Some(&self.name)).await {
                Err(error) if is_about_the_mount(&error) => {
                    self.learnt.refuses_probe.store(true, Ordering::Relaxed);
                }
                answered => return answered,
            }
        }
        match self.blob_exists(expected).await? {
            true => Ok(Start::Present),
            false => self.start_upload(expected, None).await,
        }
    }

    /// Sends the bytes, in a new session where the first one was lost on the way, and in another way where the registry
    /// does not take them in this one.
    pub(crate) async fn upload(
        &self,
        mut session: Session,
        expected: &Descriptor,
        body: &Source,
    ) -> Result<()> {
        let mut restarts = 0;
        loop {
            let in_chunk = self.learnt.refuses_put.load(Ordering::Relaxed);
            let sent = match in_chunk {
                true => self.patch_blob(&session, expected, body).await,
                false => {
                    self.put_blob(&session, expected, request_body(body, expected))
                        .await
                }
            };
            let Err(error) = sent else {
                return Ok(());
            };
            let refused = is_refused(&error) && (session.is_failed_mount || !in_chunk);
            if restarts == MAX_RESTARTS || !body.is_replayable() || !(refused || starts_again(&error)) {
                self.cancel(&session).await;
                return Err(error);
            }
            restarts += 1;
            tracing::debug!(blob = %expected.digest, %error, "starting the upload again");
            if refused {
                self.learn_from(&session);
            } else {
                tokio::time::sleep(wait(&error, restarts)).await;
            }
            match self.probe(expected).await? {
                // The upload had arrived, and only the answer was lost.
                Start::Present => return Ok(()),
                Start::Session(new) => session = new,
            }
        }
    }

    /// Remembers what the registry does not do: the sessions of failed mounts lead nowhere, or blobs cannot be put in
    /// one request.
    fn learn_from(&self, refused: &Session) {
        let learnt = match refused.is_failed_mount {
            true => &self.learnt.refuses_probe,
            false => &self.learnt.refuses_put,
        };
        learnt.store(true, Ordering::Relaxed);
    }

    /// Sends the bytes in one chunk, and then ends the session.
    async fn patch_blob(&self, session: &Session, expected: &Descriptor, body: &Source) -> Result<()> {
        let what = self.describe(expected);
        let call = Call::new(Method::PATCH, session.location().clone(), &what)
            .scopes(self.push())
            .header(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"))
            .body(request_body(body, expected))
            .moves_blob()
            .once();
        let accepted = [StatusCode::ACCEPTED, StatusCode::CREATED, StatusCode::NO_CONTENT];
        let response = self.core.send(call, &accepted).await?;
        let next = Session::of(&self.core, session.location(), &response, &what);
        response.into_body().drain().await;
        self.put_blob(&next?, expected, Body::empty()).await
    }

    async fn put_blob(&self, session: &Session, expected: &Descriptor, body: Body) -> Result<()> {
        let what = self.describe(expected);
        let call = Call::new(Method::PUT, session.closing_url(expected, &what)?, &what)
            .scopes(self.push())
            .header(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"))
            .body(body)
            .moves_blob()
            .once();
        let response = self.core.send(call, &[StatusCode::CREATED]).await?;
        crate::answer::check_digest(response.headers(), &expected.digest, &what)?;
        response.into_body().drain().await;
        Ok(())
    }

    /// Tells the registry that no more bytes come. That it does not listen is no reason to fail.
    async fn cancel(&self, session: &Session) {
        let call = Call::new(
            Method::DELETE,
            session.location().clone(),
            self.core.subject(&*self.full_name),
        );
        let call = call.scopes(self.push()).once();
        if let Ok(response) = self.core.send(call, &[StatusCode::NO_CONTENT]).await {
            response.into_body().drain().await;
        }
    }
}

/// Refuses what cannot become `expected` before anything is sent.
pub(crate) fn check(expected: &Descriptor, body: &Source) -> Result<()> {
    let refused = |source| Error::verify(&expected.digest, source);
    match body.as_verified() {
        Some(verified) => verified.clone().described_by(expected.clone()).map(drop),
        None => Verifier::new(expected).map(drop),
    }
    .map_err(refused)
}

/// Whether the registry has something against this way to send a blob.
fn is_refused(error: &Error) -> bool {
    matches!(error, Error::Unsupported { .. } | Error::NotFound { .. })
}

/// Whether a new session may do better: the old one is unknown, or something passed by.
fn starts_again(error: &Error) -> bool {
    let is_lost = response_error(error).is_some_and(|said| said.has_code("BLOB_UPLOAD_UNKNOWN"));
    is_lost || error.is_transient()
}

fn wait(error: &Error, restarts: u32) -> Duration {
    let asked = match error {
        Error::RateLimited { retry_after, .. } => *retry_after,
        _ => None,
    };
    asked
        .unwrap_or(Duration::from_millis(200) * restarts)
        .min(MAX_WAIT)
}

/// `source` as the body of a request. It is verified as it is sent, so that altered content never arrives whole.
fn request_body(source: &Source, expected: &Descriptor) -> Body {
    if let Some(verified) = source.as_verified() {
        return verified.bytes().clone().into();
    }
    let opened = Opened {
        source: source.clone(),
        expected: expected.clone(),
    };
    let len = Some(expected.size);
    if source.is_replayable() {
        return Body::replayable(len, Arc::new(opened));
    }
    let stream = stream::once(async move { opened.open().await }).try_flatten();
    Body::once(len, stream.boxed())
}

struct Opened {
    source: Source,
    expected: Descriptor,
}

type Frames = BoxStream<'static, Result<Bytes, oras_transport::BoxError>>;

#[async_trait]
impl BodySource for Opened {
    async fn open(&self) -> Result<Frames, oras_transport::BoxError> {
        let opened = self.source.open(0);
        let content = opened
            .and_then(|content| async { content.verified(&self.expected) })
            .await?;
        Ok(content.map_err(Into::into).boxed())
    }
}
