//! The start of an upload, which may already be the whole upload.

use hyper::{Method, Response, StatusCode};
use oras_content::{Algorithm, Digest, StageOptions, Staged, Store};

use super::session::{self, Session};
use super::sessions::stager;
use super::{created, mount, progress};
use crate::answer::OCI_CHUNK_MIN_LENGTH;
use crate::body::{Body, too_large};
use crate::call::Call;
use crate::error::{Code, Failure, Result};
use crate::registry::{Handled, Registry};

/// Handles `POST …/blobs/uploads/`: mounts a blob, takes it whole, or opens an upload.
pub(crate) async fn start(registry: &Registry, call: &mut Call) -> Handled {
    if call.method != Method::POST {
        return Err(call.not_allowed("POST"));
    }
    check_algorithm(call)?;
    let mounted = mount::mount(registry, call).await?;
    if let Some(digest) = mounted {
        return Ok(created(call, &digest));
    }
    let store = registry.repository_to_write(call).await?;
    match call.query.get("digest") {
        Some(digest) if call.query.get("mount").is_none() => {
            let digest = verifiable(digest)?;
            take_whole(registry, call, &*store, &digest).await
        }
        _ => {
            let session = registry.sessions.open(&call.repository, &*store).await?;
            Ok(opened(registry, &session, call))
        }
    }
}

fn opened(registry: &Registry, session: &Session, call: &Call) -> Response<Body> {
    let mut answer = progress(session, call, StatusCode::ACCEPTED);
    let min = registry.options.chunk_min_length;
    if min > 0 {
        answer.headers_mut().insert(OCI_CHUNK_MIN_LENGTH, min.into());
    }
    answer
}

/// Checks that the announced algorithm is known; the content is hashed only at the end.
fn check_algorithm(call: &Call) -> Result<()> {
    match call.query.get("digest-algorithm") {
        Some(name) if Algorithm::from_name(name).is_none() => Err(Failure::new(
            Code::DigestInvalid,
            "the digest algorithm is not a known one",
        )),
        _ => Ok(()),
    }
}

/// Parses a digest with a supported algorithm.
pub(crate) fn verifiable(digest: &str) -> Result<Digest> {
    let digest: Digest = digest.parse()?;
    match digest.algorithm() {
        Some(_) => Ok(digest),
        None => Err(Failure::new(
            Code::DigestInvalid,
            "the digest algorithm is not a known one",
        )),
    }
}

async fn take_whole(registry: &Registry, call: &mut Call, store: &dyn Store, digest: &Digest) -> Handled {
    let limit = registry.options.blob_limit;
    let mut staged = stage(store).await?;
    while let Some(frame) = call.body.frame().await? {
        if staged.len() + frame.len() as u64 > limit {
            return Err(too_large(limit));
        }
        let written = staged.append(frame).await;
        written.map_err(|error| Failure::of_store(error, Code::BlobUploadUnknown))?;
    }
    session::commit(staged, digest).await?;
    Ok(created(call, digest))
}

async fn stage(store: &dyn Store) -> Result<Box<dyn Staged>> {
    let staged = stager(store)?.stage(StageOptions::default()).await;
    staged.map_err(|error| Failure::of_store(error, Code::NameUnknown))
}
