//! Finds the referrers of a node that an extended copy follows.

use std::collections::HashMap;

use futures_util::{StreamExt, TryStreamExt, stream};
use oras_content::{Descriptor, Digest, Manifest, Result, Store, StoreExt, Verified};

use crate::discovery::too_many;
use crate::{CopyError, ExtendedCopyOptions, METADATA_CONCURRENCY, Operation, ReferrerFilter};

/// Number of manifests of one listing to read at once.
const READS: usize = 8;

/// A manifest found through another.
pub(crate) struct Found {
    pub(crate) node: Descriptor,
    /// Its content, if it was read.
    pub(crate) content: Option<Verified>,
}

impl From<Descriptor> for Found {
    fn from(node: Descriptor) -> Self {
        Self { node, content: None }
    }
}

/// Lists the referrers of `node` to follow.
pub(crate) async fn referrers(
    source: &dyn Store,
    options: &ExtendedCopyOptions,
    node: &Descriptor,
) -> Result<Vec<Found>, CopyError> {
    let found = list(source, options, node).await;
    let found = found.map_err(CopyError::source(Operation::FindPredecessors))?;
    let (found, mut read) = filter(source, options, found).await?;
    let selected = options.copy.selection.predecessors(node, found).await;
    let selected = selected.map_err(CopyError::source(Operation::FindPredecessors))?;
    let with_content = |node: Descriptor| Found {
        content: read.remove(&node.digest),
        node,
    };
    Ok(selected.into_iter().map(with_content).collect())
}

async fn list(
    source: &dyn Store,
    options: &ExtendedCopyOptions,
    node: &Descriptor,
) -> Result<Vec<Descriptor>> {
    // A store that cannot list referrers may not know their artifact types either.
    let lister = source.referrer_lister();
    let artifact_type = options.artifact_type.as_ref().filter(|_| lister.is_some());
    let mut listed = source.list_referrers(node, artifact_type).await?;
    let mut found = Vec::new();
    while let Some(referrer) = listed.try_next().await? {
        if found.len() >= options.max_manifests {
            return Err(too_many(node, options));
        }
        found.push(referrer);
    }
    Ok(found)
}

/// Removes referrers that are not followed, preserving the order, and returns the manifests read to decide that.
async fn filter(
    source: &dyn Store,
    options: &ExtendedCopyOptions,
    found: Vec<Descriptor>,
) -> Result<(Vec<Descriptor>, HashMap<Digest, Verified>), CopyError> {
    let conditions = options.conditions();
    let mut described = stream::iter(
        found
            .into_iter()
            .map(|node| describe(source, options, &conditions, node)),
    )
    .buffered(READS);
    let (mut followed, mut read) = (Vec::new(), HashMap::new());
    let mut room = options.copy.manifest_memory / METADATA_CONCURRENCY as u64;
    while let Some((node, manifest)) = described.try_next().await? {
        let follows = match &manifest {
            Some(manifest) => conditions.follows(&manifest.referrer_descriptor()),
            // Follow manifests that could not be read, so that the copy reports the error.
            None => conditions.needs_more_than(&node) || conditions.follows(&node),
        };
        if !follows {
            continue;
        }
        if let Some(manifest) = manifest
            && let Some(left) = room.checked_sub(node.size)
        {
            room = left;
            read.insert(node.digest.clone(), manifest.content().clone());
        }
        followed.push(node);
    }
    drop(described);
    Ok((followed, read))
}

/// Reads the manifest if it was listed without the fields that the conditions test.
async fn describe(
    source: &dyn Store,
    options: &ExtendedCopyOptions,
    conditions: &ReferrerFilter,
    node: Descriptor,
) -> Result<(Descriptor, Option<Manifest>), CopyError> {
    if !conditions.needs_more_than(&node) {
        return Ok((node, None));
    }
    let manifest = source
        .fetch_manifest(&node, options.copy.max_manifest_bytes)
        .await;
    match manifest.map_err(CopyError::source(Operation::Fetch)) {
        Err(error) if options.copy.keep_going && error.is_of_one_node() => Ok((node, None)),
        manifest => Ok((node, Some(manifest?))),
    }
}

impl ExtendedCopyOptions {
    /// Combines the filter and the artifact type.
    fn conditions(&self) -> ReferrerFilter {
        let filter = self.filter.clone();
        match self.artifact_type.clone() {
            Some(wanted) => filter.with_artifact_type(move |kind| kind == wanted.as_str()),
            None => filter,
        }
    }
}
