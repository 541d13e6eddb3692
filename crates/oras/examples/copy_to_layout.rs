//! Copies an artifact from memory into an OCI image layout.

use std::error::Error;
use std::path::Path;

use oras::{
    CopyOptions, Descriptor, LayoutStore, ManifestVersion, MemoryStore, PackOptions, WriterExt, copy,
    pack_manifest,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("usage: copy_to_layout FOLDER")?;
    let source = MemoryStore::new();
    let artifact = pack_manifest(&source, ManifestVersion::V1_1, "text/x", PackOptions::default()).await?;
    source.tag(&artifact, "latest").await?;
    println!("{}", run(&source, folder.as_ref()).await?.digest);
    Ok(())
}

pub(crate) async fn run(source: &MemoryStore, folder: &Path) -> Result<Descriptor, Box<dyn Error>> {
    let layout = LayoutStore::create(folder).await?;
    Ok(copy(source, "latest", &layout, "latest", &CopyOptions::default()).await?)
}
