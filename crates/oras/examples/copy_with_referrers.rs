//! Copies an artifact from a repository into memory, with all that is attached to it.

use std::error::Error;

use oras::{Client, ClientOptions, Descriptor, ExtendedCopyOptions, MemoryStore, extended_copy};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let registry = std::env::args().nth(1);
    let registry = registry.ok_or("usage: copy_with_referrers REGISTRY")?;
    println!("{}", run(&registry, &MemoryStore::new()).await?.digest);
    Ok(())
}

pub(crate) async fn run(registry: &str, memory: &MemoryStore) -> Result<Descriptor, Box<dyn Error>> {
    let client = Client::new(ClientOptions::default())?;
    let source = client.repository(&format!("{registry}/source"))?;
    let options = ExtendedCopyOptions::default();
    Ok(extended_copy(&source, "latest", memory, "latest", &options).await?)
}
