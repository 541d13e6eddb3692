//! Mounts of blobs from other repositories.

use oras_content::{Descriptor, Digest, ErrorKind, MediaType, Store};

use crate::access::Action;
use crate::call::Call;
use crate::error::{Code, Failure, Result};
use crate::registry::{Registry, resolve};
use crate::route::repository_name;

/// Number of repositories per page when a blob is searched without a named source.
const PAGE: usize = 1000;

/// Handles `mount` and `from`. Returns `None` if there is nothing to mount, or mounting is impossible.
///
/// Spec: distribution-spec v1.1, "Mounting a blob from another repository".
pub(super) async fn mount(registry: &Registry, call: &Call) -> Result<Option<Digest>> {
    let Some(digest) = call.query.get("mount") else {
        return Ok(None);
    };
    let digest: Digest = digest.parse()?;
    let has_it = match registry.find(&call.repository).await? {
        Some(store) => has(&*store, &digest).await,
        None => false,
    };
    let mounted = has_it
        || match call.query.get("from") {
            Some(from) => from_named(registry, call, &repository_name(from)?, &digest).await?,
            None => from_any(registry, call, &digest).await?,
        };
    Ok(mounted.then_some(digest))
}

/// Mounts from a named repository, if the caller may pull from it.
async fn from_named(registry: &Registry, call: &Call, from: &str, digest: &Digest) -> Result<bool> {
    if !call.caller.may(from, Action::Pull) || registry.options.backend.is_read_only() {
        return Ok(false);
    }
    let Some(store) = registry.find(from).await? else {
        return Ok(false);
    };
    let Ok(found) = resolve(&*store, &digest.into(), Code::BlobUnknown).await else {
        return Ok(false);
    };
    // The same bytes may be a manifest elsewhere; here they are a blob.
    let blob = Descriptor::new(MediaType::OCTET_STREAM, found.digest, found.size);
    let mounted = registry
        .options
        .backend
        .mount(from, &call.repository, &blob)
        .await;
    match mounted {
        // The stored content is damaged, so the client has to send it.
        Err(error) if matches!(error.kind(), ErrorKind::Verify | ErrorKind::Refused) => Ok(false),
        mounted => mounted.map_err(|error| Failure::of_store(error, Code::BlobUnknown)),
    }
}

/// Whether a repository has the bytes of a blob, and not only its name.
async fn has(store: &dyn Store, digest: &Digest) -> bool {
    match resolve(store, &digest.into(), Code::BlobUnknown).await {
        Ok(found) => store.exists(&found).await.unwrap_or_default(),
        Err(_) => false,
    }
}

/// Mounts from any repository that has the blob, but only if everybody may read everything: otherwise the response would
/// reveal what others have.
async fn from_any(registry: &Registry, call: &Call, digest: &Digest) -> Result<bool> {
    if !registry.access.is_open() {
        return Ok(false);
    }
    let mut last: Option<String> = None;
    loop {
        let names = registry.options.backend.names(last.as_deref(), PAGE).await;
        let names = names.map_err(|error| Failure::of_store(error, Code::NameUnknown))?;
        for name in &names {
            if from_named(registry, call, name, digest).await? {
                return Ok(true);
            }
        }
        match names.last() {
            Some(name) => last = Some(name.clone()),
            None => return Ok(false),
        }
    }
}
