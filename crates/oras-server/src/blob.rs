//! Blobs: reading, in whole or in part, and deletion.

use hyper::header::CONTENT_LENGTH;
use hyper::{Method, StatusCode};
use oras_content::{Descriptor, Digest, Error, Store, StoreExt};

use crate::answer::Answer;
use crate::call::Call;
use crate::content::Download;
use crate::error::{Code, Failure};
use crate::precondition::check_write;
use crate::registry::{Handled, Registry, resolve};

/// Handles a request to `…/blobs/DIGEST`.
pub(crate) async fn handle(registry: &Registry, call: &Call, digest: &Digest) -> Handled {
    match call.method {
        Method::GET | Method::HEAD => read(registry, call, digest).await,
        Method::DELETE => delete(registry, call, digest).await,
        _ => Err(call.not_allowed("GET, HEAD, DELETE")),
    }
}

async fn read(registry: &Registry, call: &Call, digest: &Digest) -> Handled {
    let store = registry.repository(call).await?;
    let blob = resolve(&*store, &digest.into(), Code::BlobUnknown).await?;
    let download = Download {
        store,
        content: blob,
        media_type: "application/octet-stream",
        missing: Code::BlobUnknown,
    };
    download.answer(call).await
}

async fn delete(registry: &Registry, call: &Call, digest: &Digest) -> Handled {
    let may = registry.options.blob_delete;
    let store = registry.repository_to_delete_from(call, may, "GET, HEAD").await?;
    let guard = registry.locks.take(&call.repository).await;
    let blob = resolve(&*store, &digest.into(), Code::BlobUnknown).await?;
    if blob.is_manifest() {
        let message = "this is a manifest: delete it under manifests/";
        return Err(call.not_allowed("GET, HEAD").with_message(message));
    }
    check_write(call, Some(&blob))?;
    let deletion = async move { deleted(delete_from(&*store, &blob).await, Code::BlobUnknown) };
    guard.during(deletion).await
}

pub(crate) async fn delete_from(store: &dyn Store, content: &Descriptor) -> Result<(), Error> {
    store.as_deleter()?.delete(content).await
}

/// Builds the response to a deletion; `missing` is the code if there was nothing to delete.
pub(crate) fn deleted(result: Result<(), Error>, missing: Code) -> Handled {
    result.map_err(|error| Failure::of_store(error, missing))?;
    Ok(Answer::new(StatusCode::ACCEPTED).with(CONTENT_LENGTH, 0).finish())
}
