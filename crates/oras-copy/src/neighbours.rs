//! What a node refers to, and what refers to it.

use oras_content::{Descriptor, MAX_MANIFEST_BYTES, Result, Store, StoreExt};

/// The nodes that `node` refers to, in the order of [`Manifest::successors`](oras_content::Manifest::successors); none
/// where it is no manifest, and nothing is read then.
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
/// - [`ErrorKind::SizeExceedsLimit`](oras_content::ErrorKind::SizeExceedsLimit): it has more than 4 MiB.
/// - [`ErrorKind::Verify`](oras_content::ErrorKind::Verify), [`ErrorKind::InvalidManifest`](oras_content::ErrorKind::InvalidManifest):
///   what the store has is something else.
pub async fn find_successors<S: Store + ?Sized>(store: &S, node: &Descriptor) -> Result<Vec<Descriptor>> {
    if !node.is_manifest() {
        return Ok(Vec::new());
    }
    let manifest = store.fetch_manifest(node, MAX_MANIFEST_BYTES).await?;
    Ok(manifest.successors().cloned().collect())
}

/// The manifests that refer to `node`: as subject, layer, configuration or entry of an index. A registry only knows those
/// that name it as their subject.
///
/// # Errors
///
/// [`ErrorKind::Unsupported`](oras_content::ErrorKind::Unsupported): the store does not know what refers to content. Others
/// as the store says.
pub async fn find_predecessors<S: Store + ?Sized>(store: &S, node: &Descriptor) -> Result<Vec<Descriptor>> {
    store.as_predecessor_finder()?.predecessors(node).await
}
