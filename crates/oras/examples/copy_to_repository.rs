//! Copies an artifact from memory into a repository.

use std::error::Error;

use oras::{
    Client, ClientOptions, CopyOptions, Descriptor, ManifestVersion, MemoryStore, PackOptions, WriterExt,
    copy, pack_manifest,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let registry = std::env::args().nth(1);
    let registry = registry.ok_or("usage: copy_to_repository REGISTRY")?;
    let source = MemoryStore::new();
    let artifact = pack_manifest(&source, ManifestVersion::V1_1, "text/x", PackOptions::default()).await?;
    source.tag(&artifact, "latest").await?;
    println!("{}", run(&source, &registry).await?.digest);
    Ok(())
}

pub(crate) async fn run(source: &MemoryStore, registry: &str) -> Result<Descriptor, Box<dyn Error>> {
    let registry = Client::new(ClientOptions::default())?.registry(registry)?;
    let destination = registry.repository("destination")?;
    Ok(copy(source, "latest", &destination, "latest", &CopyOptions::default()).await?)
}
