//! Entries of an index: the descriptors of its manifests.

use futures_util::{StreamExt, TryStreamExt, stream};
use oras::content::MAX_MANIFEST_BYTES;
use oras::copy::{FetchOptions, METADATA_CONCURRENCY, fetch_bytes};
use oras::{Descriptor, Manifest, MediaType, Name, Platform, StoreExt};

use crate::place::Place;
use crate::say;
use crate::store::Target;
use crate::usage::ensure_usage;

/// Parses the name of a manifest at the place of the index: a tag or a digest.
pub(super) fn name(place: &Place, target: &Target, text: &str) -> anyhow::Result<Name> {
    let name: Name = text.parse()?;
    if let (Some(tag), None) = (name.tag(), &place.oci_layout_path) {
        ensure_usage!(
            !text.contains(['/', ':']),
            "{text} is neither a tag nor a digest: the manifests of an index are in {}, and are named by these alone",
            target.name
        );
        tag.check()?;
    }
    Ok(name)
}

/// Fetches a manifest from that place.
pub(super) async fn fetch(target: &Target, name: &Name) -> anyhow::Result<Manifest> {
    say::note(format!("Fetching {name}"));
    let fetched = fetch_bytes(&target.store, name, &FetchOptions::default()).await?;
    let digest = fetched.descriptor().digest.clone();
    let manifest = Manifest::parse(fetched)?;
    match name {
        Name::Tag(tag) => say::note(format!("Fetched {digest} {tag}")),
        Name::Digest(_) => say::note(format!("Fetched {digest}")),
    }
    Ok(manifest)
}

/// Returns the index entries of these manifests of the place, in order. Nothing is fetched if a name is invalid.
pub(super) async fn entries(
    place: &Place,
    target: &Target,
    manifests: &[String],
) -> anyhow::Result<Vec<Descriptor>> {
    let names: Result<Vec<_>, _> = manifests.iter().map(|text| name(place, target, text)).collect();
    let fetching = names?
        .into_iter()
        .map(|name| async move { entry(target, &fetch(target, &name).await?).await });
    let fetched = stream::iter(fetching).buffered(METADATA_CONCURRENCY);
    fetched.try_collect().await
}

/// Returns the index entry of `manifest`: its descriptor, with the platform from its configuration, and its artifact type.
async fn entry(target: &Target, manifest: &Manifest) -> anyhow::Result<Descriptor> {
    let mut entry = manifest.descriptor().plain();
    entry.artifact_type = manifest
        .artifact_type()
        .filter(|kind| !is_image_config(kind) && !kind.as_str().is_empty())
        .cloned();
    if let Some(config) = manifest.config()
        && is_image_config(&config.media_type)
    {
        entry.platform = platform(target, config).await?.map(Box::new);
    }
    Ok(entry)
}

/// Whether this type is the configuration of a container image, which names the platform.
fn is_image_config(media_type: &MediaType) -> bool {
    matches!(
        media_type.as_str(),
        "application/vnd.oci.image.config.v1+json" | "application/vnd.docker.container.image.v1+json"
    )
}

/// Returns the platform in a configuration, if it has one.
async fn platform(target: &Target, config: &Descriptor) -> anyhow::Result<Option<Platform>> {
    let content = target.store.fetch_all(config, MAX_MANIFEST_BYTES).await?;
    let Ok(mut platform) = serde_json::from_slice::<Platform>(content.bytes()) else {
        return Ok(None);
    };
    // The other members of the configuration do not concern the platform.
    platform.extra.clear();
    let is_told = !(platform.os.is_empty() && platform.architecture.is_empty());
    Ok(is_told.then_some(platform))
}
