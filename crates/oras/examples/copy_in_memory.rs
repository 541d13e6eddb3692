//! Copies an artifact from one store in memory into another.

use std::error::Error;

use oras::{
    CopyOptions, Descriptor, ManifestVersion, MemoryStore, PackOptions, WriterExt, copy, pack_manifest,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let source = MemoryStore::new();
    let artifact = pack_manifest(&source, ManifestVersion::V1_1, "text/x", PackOptions::default()).await?;
    source.tag(&artifact, "latest").await?;
    println!("{}", run(&source).await?.digest);
    Ok(())
}

pub(crate) async fn run(source: &MemoryStore) -> Result<Descriptor, Box<dyn Error>> {
    let destination = MemoryStore::new();
    Ok(copy(source, "latest", &destination, "latest", &CopyOptions::default()).await?)
}
