//! Writes the bytes of an upload.

use std::sync::Arc;

use hyper::StatusCode;
use hyper::header::{CONTENT_LENGTH, CONTENT_RANGE, HeaderValue, LOCATION, RANGE};

use super::session::{Session, Writer};
use super::start::verifiable;
use super::{created, location, progress, range};
use crate::call::Call;
use crate::error::{Code, Failure, Result};
use crate::range::chunk as parse_chunk;
use crate::registry::{Handled, Registry};

/// Handles `PATCH …/blobs/uploads/ID`: takes a chunk of the blob.
pub(super) async fn chunk(registry: &Registry, call: &mut Call, session: &Session) -> Handled {
    let mut writer = session.lock().await;
    let expected = announced(call, session)?;
    let (limit, min) = (registry.options.blob_limit, registry.options.chunk_min_length);
    writer.take_chunk(&mut call.body, expected, limit, min).await?;
    Ok(progress(session, call, StatusCode::ACCEPTED))
}

/// Handles `PUT …/blobs/uploads/ID?digest=…`: takes the rest of the blob, if any, and ends the upload.
pub(super) async fn finish(registry: &Registry, call: &mut Call, session: &Arc<Session>) -> Handled {
    let digest = call.query.get("digest");
    let digest =
        digest.ok_or_else(|| Failure::new(Code::DigestInvalid, "the digest parameter is missing"))?;
    let digest = verifiable(digest)?;
    let mut writer = session.lock().await;
    let expected = announced(call, session)?;
    writer
        .take(&mut call.body, expected, registry.options.blob_limit)
        .await?;
    let committed = Writer::commit(writer, &digest).await;
    registry.sessions.remove(session).await;
    committed?;
    Ok(created(call, &digest))
}

/// Returns the length announced by `Content-Range`, if present. The range must start at the end of the upload.
fn announced(call: &Call, session: &Session) -> Result<Option<u64>> {
    let Some(header) = call.headers.get(CONTENT_RANGE) else {
        return Ok(None);
    };
    let bytes = header
        .to_str()
        .ok()
        .and_then(parse_chunk)
        .ok_or_else(|| Failure::new(Code::BlobUploadInvalid, "Content-Range is not FIRST-LAST"))?;
    if bytes.start != session.len() {
        return Err(out_of_order(call, session));
    }
    let len = bytes.end - bytes.start;
    let is_other = |length: &str| length.parse() != Ok(len);
    if call.header(CONTENT_LENGTH).is_some_and(is_other) {
        let message = "Content-Range and Content-Length announce different lengths";
        return Err(Failure::new(Code::SizeInvalid, message));
    }
    Ok(Some(len))
}

fn out_of_order(call: &Call, session: &Session) -> Failure {
    let text = |text: String| HeaderValue::try_from(text).expect("checked names and numbers are plain text");
    let message = format!("the upload goes on at byte {}", session.len());
    Failure::new(Code::BlobUploadInvalid, message)
        .with_status(StatusCode::RANGE_NOT_SATISFIABLE)
        .with_header(LOCATION, text(location(session, call)))
        .with_header(RANGE, text(range(session)))
}
