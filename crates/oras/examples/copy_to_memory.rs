//! Copies an artifact from a repository into memory.

use std::error::Error;

use oras::{Client, ClientOptions, CopyOptions, Descriptor, MemoryStore, copy};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let registry = std::env::args().nth(1);
    let registry = registry.ok_or("usage: copy_to_memory REGISTRY")?;
    println!("{}", run(&registry).await?.digest);
    Ok(())
}

pub(crate) async fn run(registry: &str) -> Result<Descriptor, Box<dyn Error>> {
    let registry = Client::new(ClientOptions::default())?.registry(registry)?;
    let (source, memory) = (registry.repository("source")?, MemoryStore::new());
    Ok(copy(&source, "latest", &memory, "latest", &CopyOptions::default()).await?)
}
