//! Copies an artifact from one repository of a registry into another. Its blobs are mounted: their bytes do not move.

use std::error::Error;

use oras::{Client, ClientOptions, CopyOptions, Descriptor, copy};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let registry = std::env::args().nth(1);
    let registry = registry.ok_or("usage: copy_between_repositories REGISTRY")?;
    println!("{}", run(&registry).await?.digest);
    Ok(())
}

pub(crate) async fn run(registry: &str) -> Result<Descriptor, Box<dyn Error>> {
    let registry = Client::new(ClientOptions::default())?.registry(registry)?;
    let source = registry.repository("source")?;
    let destination = registry.repository("destination")?;
    Ok(copy(&source, "latest", &destination, "latest", &CopyOptions::default()).await?)
}
