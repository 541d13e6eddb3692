//! Packs a manifest of image-spec 1.0, the same in every run.

use std::error::Error;

use oras::content::annotations::CREATED;
use oras::{
    Annotations, Descriptor, ManifestVersion, MemoryStore, PackOptions, StoreExt, Verified, pack_manifest,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let (descriptor, manifest) = run().await?;
    println!("descriptor: {descriptor:?}");
    println!("manifest: {}", String::from_utf8_lossy(manifest.bytes()));
    Ok(())
}

pub(crate) async fn run() -> Result<(Descriptor, Verified), Box<dyn Error>> {
    let store = MemoryStore::new();
    let created = (CREATED.to_owned(), "2000-01-01T00:00:00Z".to_owned());
    let options = PackOptions::default().with_annotations(Annotations::from([created]));
    let packed = pack_manifest(
        &store,
        ManifestVersion::V1_0,
        "application/vnd.example+type",
        options,
    )
    .await?;
    let manifest = store.fetch_all(&packed, 1024).await?;
    Ok((packed, manifest))
}
