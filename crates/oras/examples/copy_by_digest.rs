//! Copies the artifact that has a digest from a repository into memory, with all that it refers to.

use std::error::Error;

use oras::{Client, ClientOptions, CopyOptions, MemoryStore, Store, StoreExt, copy_graph};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [registry, digest] = &args[..] else {
        return Err("usage: copy_by_digest REGISTRY DIGEST".into());
    };
    println!("{}", run(registry, digest).await?);
    Ok(())
}

/// Whether memory has the artifact afterwards.
pub(crate) async fn run(registry: &str, digest: &str) -> Result<bool, Box<dyn Error>> {
    let client = Client::new(ClientOptions::default())?;
    let source = client.repository(&format!("{registry}/source"))?;
    let memory = MemoryStore::new();

    let artifact = source.resolve(digest).await?;
    copy_graph(&source, &memory, &artifact, &CopyOptions::default()).await?;
    Ok(memory.exists(&artifact).await?)
}
