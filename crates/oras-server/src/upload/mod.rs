//! Uploads: blobs that arrive in one request or several.

mod mount;
mod session;
mod sessions;
mod start;
mod write;

use std::sync::Arc;

use hyper::{Method, Response, StatusCode};

use crate::answer::Answer;
use crate::body::Body;
use crate::call::Call;
use crate::error::Result;
use crate::registry::{Handled, Registry};

pub(crate) use sessions::Sessions;
pub(crate) use start::{start, verifiable};

use session::{Session, unknown};

/// Handles a request to an open upload.
pub(crate) async fn continue_(registry: &Registry, call: &mut Call, id: &str) -> Handled {
    let session = find(registry, call, id).await?;
    match call.method {
        Method::GET | Method::HEAD => Ok(progress(&session, call, StatusCode::NO_CONTENT)),
        Method::PATCH => write::chunk(registry, call, &session).await,
        Method::PUT => write::finish(registry, call, &session).await,
        Method::DELETE => {
            registry.sessions.remove(&session).await;
            Ok(Answer::new(StatusCode::NO_CONTENT).finish())
        }
        _ => Err(call.not_allowed("GET, HEAD, PATCH, PUT, DELETE")),
    }
}

/// Returns the session of this id: an open one, or one that an earlier server left in the store.
async fn find(registry: &Registry, call: &Call, id: &str) -> Result<Arc<Session>> {
    let sessions = &registry.sessions;
    if let Some(session) = sessions.find(&call.repository, id).await? {
        return Ok(session);
    }
    match registry.find(&call.repository).await? {
        Some(store) if !registry.options.backend.is_read_only() => {
            sessions.resume(&call.repository, id, &*store).await
        }
        _ => Err(unknown()),
    }
}

/// Builds the response with the location of an upload and its progress.
///
/// Spec: distribution-spec v1.1, "Pushing a blob in chunks". An empty upload is reported as `0-0`, as in other registries.
fn progress(session: &Session, call: &Call, status: StatusCode) -> Response<Body> {
    Answer::new(status)
        .with_location(location(session, call))
        .with(hyper::header::RANGE, range(session))
        .finish()
}

fn location(session: &Session, call: &Call) -> String {
    call.path_to(format_args!("blobs/uploads/{}", session.id()))
}

fn range(session: &Session) -> String {
    format!("0-{}", session.len().saturating_sub(1))
}

/// Builds the response that the repository now has the blob.
fn created(call: &Call, digest: &oras_content::Digest) -> Response<Body> {
    Answer::new(StatusCode::CREATED)
        .with_location(call.path_to(format_args!("blobs/{digest}")))
        .with_digest(digest)
        .finish()
}
