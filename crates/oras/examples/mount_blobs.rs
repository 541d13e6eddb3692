//! Copies from a layout to a repository, and has the registry take blobs over from another of its repositories.

use oras::content::Location;
use oras::{Client, ClientOptions, CopyOptions, Descriptor, LayoutStore, Outcome};
use oras::{Result, Selection, Store, copy};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (mut args, usage) = (std::env::args().skip(1), "usage: mount_blobs FOLDER REGISTRY");
    let layout = LayoutStore::open(args.next().ok_or(usage)?).await?;
    let registry = args.next().ok_or(usage)?;
    println!("{}", run(&layout, registry).await?.digest);
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

pub(crate) async fn run(
    source: &dyn Store,
    registry: String,
) -> Result<Descriptor, Box<dyn std::error::Error>> {
    let client = Client::new(ClientOptions::default())?;
    let destination = client.repository(&format!("{registry}/destination"))?;
    let options = CopyOptions::default().with_selection(std::sync::Arc::new(Known(registry)));
    Ok(copy(source, "latest", &destination, "latest", &options).await?)
}
