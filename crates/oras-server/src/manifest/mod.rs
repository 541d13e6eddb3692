//! Manifests: reading, pushing and deleting them, by tag or digest.

mod check;
mod write;

use hyper::Method;
use oras_content::{Descriptor, Error, Name, Store, StoreExt, Tag};

use crate::blob::{delete_from, deleted};
use crate::call::Call;
use crate::content::Download;
use crate::error::{Code, Failure, Result};
use crate::precondition::check_write;
use crate::registry::{Handled, Registry, resolve};

/// Handles a request to `…/manifests/REFERENCE`.
pub(crate) async fn handle(registry: &Registry, call: &mut Call, name: &Name) -> Handled {
    match call.method {
        Method::GET | Method::HEAD => read(registry, call, name).await,
        Method::PUT => write::write(registry, call, name).await,
        Method::DELETE => delete(registry, call, name).await,
        _ => Err(call.not_allowed("GET, HEAD, PUT, DELETE")),
    }
}

async fn read(registry: &Registry, call: &Call, name: &Name) -> Handled {
    let store = registry.repository(call).await?;
    let manifest = find(&*store, name).await?;
    let media_type = manifest.media_type.clone();
    let download = Download {
        store,
        content: manifest,
        media_type: media_type.as_str(),
        missing: Code::ManifestUnknown,
    };
    download.answer(call).await
}

/// Resolves a manifest. Content that was not pushed as a manifest does not count.
async fn find(store: &dyn Store, name: &Name) -> Result<Descriptor> {
    let found = resolve(store, name, Code::ManifestUnknown).await?;
    match found.is_manifest() {
        true => Ok(found),
        false => Err(Failure::new(
            Code::ManifestUnknown,
            format!("{} is not a manifest", name.as_str()),
        )),
    }
}

/// Deletes a tag, or a manifest with all its tags.
async fn delete(registry: &Registry, call: &Call, name: &Name) -> Handled {
    let may = match name {
        Name::Tag(_) => registry.options.tag_delete,
        Name::Digest(_) => registry.options.manifest_delete,
    };
    let store = registry
        .repository_to_delete_from(call, may, "GET, HEAD, PUT")
        .await?;
    let guard = registry.locks.take(&call.repository).await;
    let manifest = find(&*store, name).await?;
    check_write(call, Some(&manifest))?;
    let name = name.clone();
    let deletion = async move {
        let result = match name {
            Name::Tag(tag) => untag(&*store, &tag).await,
            Name::Digest(_) => delete_from(&*store, &manifest).await,
        };
        deleted(result, Code::ManifestUnknown)
    };
    guard.during(deletion).await
}

async fn untag(store: &dyn Store, tag: &Tag) -> Result<(), Error> {
    store.as_untagger()?.untag(tag).await
}
