//! Resolves the subject of referrers, which may be missing itself.

use futures_util::TryStreamExt;
use oras::content::{MAX_MANIFEST_BYTES, MediaType, Result};
use oras::copy::{FetchOptions, resolve};
use oras::{Descriptor, Digest, Platform, Store, StoreExt};

use crate::hint::of_platform;
use crate::store::Target;

/// Resolves the name on the command line. If a digest has no manifest, one of its referrers supplies the descriptor.
pub(crate) async fn resolve_subject(
    target: &Target,
    platform: Option<Platform>,
) -> anyhow::Result<Descriptor> {
    let (store, name) = (&*target.store, target.name()?);
    if let Some(platform) = platform {
        return resolve(store, name, &FetchOptions::default().with_platform(platform))
            .await
            .map_err(of_platform);
    }
    // The manifest is read, because a mere claim about the name might be wrong.
    let error = match store.fetch_named(name, MAX_MANIFEST_BYTES).await {
        Err(error) if error.is_not_found() => error,
        read => return Ok(read?.descriptor().clone()),
    };
    let Some(digest) = name.digest() else {
        return Err(error.into());
    };
    match described_by_referrers(store, digest).await {
        Ok(Some(subject)) => Ok(subject),
        Err(other) if !other.is_not_found() => Err(other.into()),
        _ => Err(error.into()),
    }
}

/// Returns the descriptor of the subject in one of its referrers.
async fn described_by_referrers(store: &dyn Store, digest: &Digest) -> Result<Option<Descriptor>> {
    let absent = Descriptor::new(MediaType::OCI_MANIFEST, digest.clone(), 0);
    let mut listed = store.list_referrers(&absent, None).await?;
    let Some(referrer) = listed.try_next().await? else {
        return Ok(None);
    };
    let manifest = store.fetch_manifest(&referrer, MAX_MANIFEST_BYTES).await?;
    let subject = manifest
        .subject()
        .filter(|subject| subject.digest == absent.digest);
    Ok(subject.map(Descriptor::plain))
}
