//! What refers to a manifest, which may itself be absent.

use futures_util::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt, stream};
use oras::content::{MAX_MANIFEST_BYTES, MediaType, Result};
use oras::copy::{ResolveOptions, resolve};
use oras::{Descriptor, Digest, FetcherExt, GraphTarget, Manifest, Platform};

use crate::store::Store;

/// Describes what the command line names. A digest whose manifest is absent is described by what refers to it.
pub(crate) async fn resolve_subject(store: &Store, platform: Option<Platform>) -> anyhow::Result<Descriptor> {
    let reference = store.reference()?;
    let mut options = ResolveOptions::default();
    options.platform = platform;
    let error = match resolve(&store.target, reference, &options).await {
        Err(error) if error.is_not_found() && options.platform.is_none() => error,
        resolved => return Ok(resolved?),
    };
    let Ok(digest) = reference.parse() else {
        return Err(error.into());
    };
    match described_by_referrers(&*store.target, digest).await {
        Ok(Some(subject)) => Ok(subject),
        Err(other) if !other.is_not_found() => Err(other.into()),
        _ => Err(error.into()),
    }
}

/// The descriptor that a referrer has of its subject.
async fn described_by_referrers(target: &dyn GraphTarget, digest: Digest) -> Result<Option<Descriptor>> {
    let absent = Descriptor::new(MediaType::OCI_MANIFEST, digest, 0);
    let mut listed = list(target, &absent, None).await?;
    let Some(referrer) = listed.try_next().await? else {
        return Ok(None);
    };
    let manifest = Manifest::parse(target.fetch_all(&referrer, MAX_MANIFEST_BYTES).await?)?;
    let subject = manifest
        .subject()
        .filter(|subject| subject.digest == absent.digest);
    Ok(subject.map(Descriptor::plain))
}

/// The referrers of `node`, as they come.
pub(crate) async fn list<'a>(
    target: &'a dyn GraphTarget,
    node: &Descriptor,
    artifact_type: Option<&str>,
) -> Result<BoxStream<'a, Result<Descriptor>>> {
    if let Some(lister) = target.referrer_lister() {
        return Ok(lister.referrers(node, artifact_type));
    }
    let mut found = target.predecessors(node).await?;
    found.retain(|referrer| {
        let kind = referrer.artifact_type.as_ref().map(MediaType::as_str);
        artifact_type.is_none_or(|wanted| kind == Some(wanted))
    });
    Ok(stream::iter(found.into_iter().map(Ok)).boxed())
}
