//! Pushes of manifests.

use std::iter;

use hyper::StatusCode;
use oras_content::{Manifest, Name, PushOptions, Store, StoreExt, Tag};

use super::check;
use crate::answer::{Answer, OCI_SUBJECT, OCI_TAG};
use crate::call::Call;
use crate::error::{Code, Failure, Result};
use crate::locks::Guard;
use crate::precondition::{check_write, is_conditional};
use crate::registry::{Handled, Registry, current};
use crate::route::tag;

/// Maximum number of tags in one push. The response names each in a header, and clients accept about a hundred.
const MAX_TAGS: usize = 50;

/// Handles `PUT …/manifests/REFERENCE`: stores a manifest under a tag, a digest, or a digest and several tags.
pub(super) async fn write(registry: &Registry, call: &mut Call, name: &Name) -> Handled {
    let tags = tags(call)?;
    let store = registry.repository_to_write(call).await?;
    let bytes = call.body.read(registry.options.manifest_limit).await?;
    let manifest = check::read(call, name, bytes)?;
    let guard = lock(registry, call).await;
    check::children(&registry.options, &*store, &manifest).await?;
    if is_conditional(call) {
        check_write(call, current(&*store, name).await?.as_ref())?;
    }
    let answer = created(registry, call, &manifest, &tags);
    let all: Vec<Tag> = match name {
        Name::Tag(tag) => iter::once(tag.clone()).chain(tags).collect(),
        Name::Digest(_) => tags,
    };
    let pushed = guard.during(async move { push(&*store, &manifest, &all).await });
    pushed.await.map(|()| answer)
}

/// Returns the additional tags: each of them is a change of the repository.
fn tags(call: &Call) -> Result<Vec<Tag>> {
    if call.query.all("tag").count() > MAX_TAGS {
        let message = format!("more than {MAX_TAGS} tags are not given at once");
        return Err(Failure::new(Code::TagInvalid, message).with_status(StatusCode::URI_TOO_LONG));
    }
    call.query.all("tag").map(tag).collect()
}

/// Locks the repository. With a precondition the lock is exclusive, so that the checked state does not change before the
/// push is done.
async fn lock(registry: &Registry, call: &Call) -> Guard {
    match is_conditional(call) {
        true => registry.locks.take(&call.repository).await,
        false => registry.locks.share(&call.repository).await,
    }
}

fn created(
    registry: &Registry,
    call: &Call,
    manifest: &Manifest,
    tags: &[Tag],
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

/// Stores a manifest and tags it; an existing manifest is only tagged. A manifest that was pushed as a blob is stored again,
/// because the store would otherwise keep it as a blob without referrers. Nothing is deleted for this, because another
/// client may be pushing the same manifest.
async fn push(store: &dyn Store, manifest: &Manifest, tags: &[Tag]) -> Result<()> {
    let failed = |error| Failure::of_store(error, Code::ManifestUnknown);
    let target = manifest.descriptor();
    let known = current(store, &(&target.digest).into()).await?;
    let options = PushOptions::default()
        .with_tags(tags.iter().cloned())
        .with_force(known.is_some_and(|known| !known.is_manifest()));
    let writer = store.as_writer().map_err(failed)?;
    let pushed = writer
        .push_opts(target, manifest.content().clone().into(), options)
        .await;
    pushed.map(drop).map_err(failed)
}
