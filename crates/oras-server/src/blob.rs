//! Blobs: reading them, whole or in part, and removing them.

use std::ops::Range;

use hyper::header::{
    ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, HeaderValue, IF_RANGE, RANGE,
};
use hyper::{Method, Response, StatusCode};
use oras_content::{Descriptor, Digest, Error, FetchOptions};

use crate::answer::{Answer, etag, is_cached, not_modified};
use crate::backend::Repository;
use crate::body::Body;
use crate::call::Call;
use crate::error::{Code, Failure, Result};
use crate::range::Wanted;
use crate::registry::{Handled, Registry, resolve};

/// A request to `…/blobs/DIGEST`.
pub(crate) async fn handle(registry: &Registry, call: &Call, digest: &Digest) -> Handled {
    match call.method {
        Method::GET | Method::HEAD => read(registry, call, digest).await,
        Method::DELETE => delete(registry, call, digest).await,
        _ => Err(call.not_allowed("GET, HEAD, DELETE")),
    }
}

async fn read(registry: &Registry, call: &Call, digest: &Digest) -> Handled {
    let store = registry.repository(call).await?;
    let blob = resolve(&*store, digest.as_str(), Code::BlobUnknown).await?;
    if is_cached(call, &blob) {
        return Ok(not_modified(&blob));
    }
    match wanted(call, &blob) {
        Wanted::Whole => {
            let body = body(&*store, call, &blob, None, Code::BlobUnknown).await?;
            Ok(answer(StatusCode::OK, &blob)
                .with_stream(body, blob.size)
                .finish())
        }
        Wanted::Part(bytes) => part(&*store, call, &blob, bytes).await,
        Wanted::Unsatisfiable => Err(unsatisfiable(&blob)),
    }
}

/// What the `Range` header asks for, unless `If-Range` says that it is about other content.
fn wanted(call: &Call, blob: &Descriptor) -> Wanted {
    match (call.header(RANGE), call.header(IF_RANGE)) {
        (None, _) => Wanted::Whole,
        (_, Some(tag)) if tag != etag(&blob.digest) => Wanted::Whole,
        (Some(range), _) => Wanted::parse(range, blob.size),
    }
}

async fn part(store: &dyn Repository, call: &Call, blob: &Descriptor, bytes: Range<u64>) -> Handled {
    let (first, last) = (bytes.start, bytes.end - 1);
    let len = bytes.end - bytes.start;
    let body = body(store, call, blob, Some(bytes), Code::BlobUnknown).await?;
    Ok(answer(StatusCode::PARTIAL_CONTENT, blob)
        .with(CONTENT_RANGE, format_args!("bytes {first}-{last}/{}", blob.size))
        .with_stream(body, len)
        .finish())
}

fn unsatisfiable(blob: &Descriptor) -> Failure {
    let range = HeaderValue::try_from(format!("bytes */{}", blob.size)).expect("a number is plain text");
    Failure::new(Code::RangeInvalid, "the blob has no such bytes").with_header(CONTENT_RANGE, range)
}

fn answer(status: StatusCode, blob: &Descriptor) -> Answer {
    Answer::new(status)
        .with(CONTENT_TYPE, "application/octet-stream")
        .with(ACCEPT_RANGES, "bytes")
        .with_digest(&blob.digest)
}

/// The bytes of content, read while they are sent; none where only the head is wanted. `missing` is the code where
/// the store has a name for them, and not the bytes.
pub(crate) async fn body(
    store: &dyn Repository,
    call: &Call,
    content: &Descriptor,
    range: Option<Range<u64>>,
    missing: Code,
) -> Result<Body> {
    let failed = |error| Failure::of_store(error, missing);
    if call.is_head() {
        return match store.exists(content).await.map_err(failed)? {
            true => Ok(Body::default()),
            false => Err(failed(Error::not_found(&content.digest))),
        };
    }
    let mut opts = FetchOptions::default();
    opts.range = range;
    let fetched = store.fetch_opts(content, opts).await;
    fetched.map(Body::stream).map_err(failed)
}

async fn delete(registry: &Registry, call: &Call, digest: &Digest) -> Handled {
    let store = registry.repository_to_delete_from(call).await?;
    let blob = resolve(&*store, digest.as_str(), Code::BlobUnknown).await?;
    if blob.is_manifest() {
        let message = "this is a manifest: delete it under manifests/";
        return Err(Failure::new(Code::Unsupported, message));
    }
    let deleted = store.delete(&blob).await;
    deleted.map_err(|error| Failure::of_store(error, Code::BlobUnknown))?;
    Ok(accepted())
}

/// The answer to a deletion.
pub(crate) fn accepted() -> Response<Body> {
    Answer::new(StatusCode::ACCEPTED).with(CONTENT_LENGTH, 0).finish()
}
