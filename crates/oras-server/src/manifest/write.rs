//! Manifests on their way in.

use hyper::StatusCode;
use oras_content::{Error, Manifest, Source};

use super::check;
use crate::answer::{Answer, OCI_SUBJECT, OCI_TAG};
use crate::backend::Repository;
use crate::call::Call;
use crate::error::{Code, Failure, Result};
use crate::registry::{Handled, Registry, resolve};
use crate::route::{Name, tag};

/// `PUT …/manifests/REFERENCE`: stores a manifest, under a tag, a digest, or a digest and several tags.
pub(super) async fn write(registry: &Registry, call: &mut Call, name: &Name) -> Handled {
    let tags: Vec<String> = call.query.all("tag").map(tag).collect::<Result<_>>()?;
    let store = registry.repository_to_write(call).await?;
    let bytes = call.body.read(registry.options.manifest_limit).await?;
    let manifest = check::read(call, name, bytes)?;
    check::children(&registry.options, &*store, &manifest).await?;
    let mut all: Vec<&str> = tags.iter().map(String::as_str).collect();
    if let Name::Tag(tag) = name {
        all.insert(0, tag);
    }
    push(&*store, &manifest, &all).await?;
    Ok(created(registry, call, &manifest, tags))
}

fn created(
    registry: &Registry,
    call: &Call,
    manifest: &Manifest,
    tags: Vec<String>,
) -> hyper::Response<crate::body::Body> {
    let digest = &manifest.descriptor().digest;
    let mut answer = Answer::new(StatusCode::CREATED)
        .with_location(call.path_to(format_args!("manifests/{digest}")))
        .with_digest(digest);
    if let Some(subject) = manifest.subject().filter(|_| registry.options.referrers_api) {
        answer = answer.with(OCI_SUBJECT, &subject.digest);
    }
    for tag in tags {
        answer = answer.with(OCI_TAG, tag);
    }
    answer.finish()
}

/// Stores a manifest and tags it; one that is there already is only tagged.
async fn push(store: &dyn Repository, manifest: &Manifest, tags: &[&str]) -> Result<()> {
    let descriptor = manifest.descriptor();
    let failed = |error| Failure::of_store(error, Code::ManifestUnknown);
    let body = Source::from(manifest.content().clone());
    let left = match (store.reference_pusher(), tags) {
        (Some(pusher), [tag, left @ ..]) => {
            let pushed = pusher.push_reference(descriptor, body, tag).await;
            pushed.map_err(failed)?;
            left
        }
        _ => {
            let pushed = store.push(descriptor, body).await;
            pushed.or_else(tolerate_existing).map_err(failed)?;
            tags
        }
    };
    replace_blob(store, manifest).await?;
    for tag in left {
        store.tag(descriptor, tag).await.map_err(failed)?;
    }
    Ok(())
}

/// Pushes a manifest anew that the store still takes for the blob as which it was pushed before: it would have no
/// referrers, and could not be found as a manifest.
async fn replace_blob(store: &dyn Repository, manifest: &Manifest) -> Result<()> {
    let failed = |error| Failure::of_store(error, Code::ManifestUnknown);
    let descriptor = manifest.descriptor();
    let known = resolve(store, descriptor.digest.as_str(), Code::ManifestUnknown).await?;
    if known.is_manifest() {
        return Ok(());
    }
    store.delete(&known).await.map_err(failed)?;
    let body = Source::from(manifest.content().clone());
    let pushed = store.push(descriptor, body).await;
    pushed.or_else(tolerate_existing).map_err(failed)
}

/// Content that is there already is what a push is to achieve.
fn tolerate_existing(error: Error) -> Result<(), Error> {
    match error.is_already_exists() {
        true => Ok(()),
        false => Err(error),
    }
}
