//! Copies from memory to a repository, and has the registry take blobs over from another of its repositories.

use std::error::Error;
use std::sync::Arc;

use oras::content::Location;
use oras::{Client, ClientOptions, CopyOptions, Descriptor, MemoryStore, Outcome, Result, Selection, copy};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let registry = std::env::args().nth(1).ok_or("usage: mount_blobs REGISTRY")?;
    println!("{}", run(&MemoryStore::new(), registry).await?.digest);
    Ok(())
}

/// The registry, all of whose blobs are in its repository `source`; this could also be a database of places.
struct Known(String);

#[async_trait::async_trait]
impl Selection for Known {
    async fn mount_from(&self, _: &Descriptor) -> Result<Vec<Location>> {
        let (registry, repository) = (self.0.clone(), "source".to_owned());
        Ok(vec![Location { registry, repository }])
    }

    async fn finished(&self, node: &Descriptor, outcome: Outcome) -> Result<()> {
        println!("{}: {outcome:?}", node.digest);
        Ok(())
    }
}

pub(crate) async fn run(memory: &MemoryStore, registry: String) -> Result<Descriptor, Box<dyn Error>> {
    let client = Client::new(ClientOptions::default())?;
    let destination = client.repository(&format!("{registry}/destination"))?;
    let options = CopyOptions::default().with_selection(Arc::new(Known(registry)));
    Ok(copy(memory, "latest", &destination, "latest", &options).await?)
}
