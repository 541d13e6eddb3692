//! Successors and predecessors of a node.

use oras_content::{Descriptor, MAX_MANIFEST_BYTES, Result, Store, StoreExt};

/// Finds the nodes that `node` refers to, in the order of [`Manifest::successors`](oras_content::Manifest::successors).
/// If `node` is not a manifest, returns none without reading it.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use oras_memory::MemoryStore;
/// # use oras_pack::{ManifestVersion, PackOptions, pack_manifest};
/// use oras_copy::{find_predecessors, find_successors};
///
/// # let store = MemoryStore::new();
/// let image = pack_manifest(&store, ManifestVersion::V1_1, "text/x", PackOptions::default()).await?;
/// let options = PackOptions::default().with_subject(image.plain());
/// let signature = pack_manifest(&store, ManifestVersion::V1_1, "text/y", options).await?;
///
/// assert!(find_successors(&store, &signature).await?.contains(&image.plain()));
/// assert_eq!(find_predecessors(&store, &image).await?, [signature]);
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// - [`ErrorKind::NotFound`](oras_content::ErrorKind::NotFound): the store does not have the manifest.
/// - [`ErrorKind::SizeExceedsLimit`](oras_content::ErrorKind::SizeExceedsLimit): the manifest exceeds 4 MiB.
/// - [`ErrorKind::Verify`](oras_content::ErrorKind::Verify), [`ErrorKind::InvalidManifest`](oras_content::ErrorKind::InvalidManifest):
///   the content does not match `node`, or is not a manifest.
pub async fn find_successors<S: Store + ?Sized>(store: &S, node: &Descriptor) -> Result<Vec<Descriptor>> {
    if !node.is_manifest() {
        return Ok(Vec::new());
    }
    let manifest = store.fetch_manifest(node, MAX_MANIFEST_BYTES).await?;
    Ok(manifest.successors().cloned().collect())
}

/// Finds the manifests that refer to `node`: as subject, layer, configuration or entry of an index. A registry knows
/// only those that name it as their subject.
///
/// # Errors
///
/// [`ErrorKind::Unsupported`](oras_content::ErrorKind::Unsupported): the store does not know predecessors. Any other
/// error of the store.
pub async fn find_predecessors<S: Store + ?Sized>(store: &S, node: &Descriptor) -> Result<Vec<Descriptor>> {
    store.as_predecessor_finder()?.predecessors(node).await
}
