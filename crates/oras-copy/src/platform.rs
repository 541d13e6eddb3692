//! Selection of manifests by platform.
//!
//! Spec: image-spec v1.1, `image-index.md`, "platform"; `config.md`, "architecture", "os", "variant".

use std::collections::{HashSet, VecDeque};

use oras_content::{Descriptor, Error, Manifest, MediaType, Platform, Result, Store, StoreExt, Verified};

use crate::engine::Root;

/// Upper bound on the number of nested indexes searched.
const MAX_NESTED: usize = 1000;

/// Selects the manifest of `root` for `wanted`: the first match in an index, searching nested indexes last, or an image
/// whose own configuration matches.
pub(crate) async fn select(store: &dyn Store, root: Root, wanted: &Platform, limit: u64) -> Result<Root> {
    let content = match root.content {
        Some(content) => content,
        None => store.fetch_all(&root.descriptor, limit).await?,
    };
    let manifest = Manifest::parse(content.clone())?;
    if manifest.kind().is_index() {
        let found = search(store, manifest, wanted, limit).await?;
        return Ok(found.into());
    }
    check_configuration(store, &manifest, wanted, limit).await?;
    Ok(content.into())
}

/// Selects what is for these platforms: the manifest for one, or for several the index without the manifests for other
/// platforms.
pub(crate) async fn select_any(
    store: &dyn Store,
    root: Root,
    wanted: &[Platform],
    limit: u64,
) -> Result<Root> {
    match wanted {
        [first, more @ ..] if more.iter().all(|other| other == first) => {
            select(store, root, first, limit).await
        }
        several => select_several(store, root, several, limit).await,
    }
}

async fn select_several(store: &dyn Store, root: Root, wanted: &[Platform], limit: u64) -> Result<Root> {
    let content = match root.content {
        Some(content) => content,
        None => store.fetch_all(&root.descriptor, limit).await?,
    };
    let index = Manifest::parse(content)?;
    let digest = &index.descriptor().digest;
    let selected = index.subset(|entry| wanted.iter().any(|wanted| is_for(entry, wanted)))?;
    let lacks = |wanted: &&Platform| !index.manifests().iter().any(|entry| is_for(entry, wanted));
    if let Some(lacking) = wanted.iter().find(lacks) {
        return Err(Error::not_found(format!("platform {lacking} in {digest}")));
    }
    let is_generated = selected.descriptor().digest != *digest;
    Ok(Root {
        is_generated,
        ..Root::from(selected)
    })
}

fn is_for(entry: &Descriptor, wanted: &Platform) -> bool {
    entry.platform.as_ref().is_some_and(|has| has.satisfies(wanted))
}

async fn search(store: &dyn Store, index: Manifest, wanted: &Platform, limit: u64) -> Result<Descriptor> {
    let digest = index.descriptor().digest.clone();
    let (mut nested, mut seen) = (VecDeque::new(), HashSet::from([digest.clone()]));
    let mut index = Some(index);
    while let Some(current) = index.take() {
        if let Some(found) = current.manifests().iter().find(|entry| is_for(entry, wanted)) {
            return Ok(found.clone());
        }
        let is_index = |entry: &&Descriptor| {
            entry
                .media_type
                .manifest_kind()
                .is_some_and(|kind| kind.is_index())
        };
        for entry in current.manifests().iter().filter(is_index) {
            if seen.insert(entry.digest.clone()) {
                nested.push_back(entry.clone());
            }
        }
        if seen.len() > MAX_NESTED {
            return Err(Error::too_many(&digest, "nested indexes", MAX_NESTED as u64));
        }
        if let Some(next) = nested.pop_front() {
            index = Some(store.fetch_manifest(&next, limit).await?);
        }
    }
    Err(Error::not_found(format!("platform {wanted} in {digest}")))
}

async fn check_configuration(
    store: &dyn Store,
    manifest: &Manifest,
    wanted: &Platform,
    limit: u64,
) -> Result<()> {
    let digest = &manifest.descriptor().digest;
    let known =
        |config: &&Descriptor| [MediaType::OCI_CONFIG, MediaType::DOCKER_CONFIG].contains(&config.media_type);
    let Some(config) = manifest.config().filter(known) else {
        return Err(Error::unsupported(format!(
            "selecting a platform of {digest}, which is not an image,"
        )));
    };
    let content: Verified = store.fetch_all(config, limit).await?;
    let has: Platform = serde_json::from_slice(content.bytes())
        .map_err(|source| Error::invalid_manifest(&config.digest, source))?;
    if has.satisfies(wanted) {
        return Ok(());
    }
    Err(Error::not_found(format!(
        "platform {wanted} in {digest}, which is for {has},"
    )))
}
