//! Uploads: blobs on their way in, over one request or many.

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

/// A request to an open upload.
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

/// The session of this id: one that is open, or one that an earlier server left in the store.
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

/// The answer that says where an upload goes on, and how far it has come.
///
/// Spec: distribution-spec v1.1, "Pushing a blob in chunks". An empty upload is told by `0-0`, as elsewhere.
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

/// The answer that says that the repository has the blob now.
fn created(call: &Call, digest: &oras_content::Digest) -> Response<Body> {
    Answer::new(StatusCode::CREATED)
        .with_location(call.path_to(format_args!("blobs/{digest}")))
        .with_digest(digest)
        .finish()
}
