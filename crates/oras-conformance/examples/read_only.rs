//! The least that a store is: one document, to be read.

use std::fmt;

use async_trait::async_trait;
use oras_content::{
    Descriptor, Error, ImageManifest, Name, OpenOptions, Opened, ResolveOptions, Resolved, Result, Store,
    StoreExt, Verified,
};

struct Constant(Verified);

impl fmt::Display for Constant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the constant store")
    }
}

#[async_trait]
impl Store for Constant {
    async fn open(&self, target: &Descriptor, opts: OpenOptions) -> Result<Opened> {
        match target.digest == self.0.descriptor().digest {
            true => Ok(Opened::of_bytes(self.0.bytes(), opts)),
            false => Err(Error::not_found(target)),
        }
    }

    async fn resolve_opts(&self, name: &Name, _opts: ResolveOptions) -> Result<Resolved> {
        match name.as_str() {
            "latest" => Ok(self.0.clone().into()),
            _ => Err(Error::not_found(name)),
        }
    }
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn main() -> Result<()> {
    let store = Constant(ImageManifest::new(Descriptor::empty_json()).to_content());
    let found = store.resolve("latest").await?;
    assert_eq!(store.fetch_all(&found, 4096).await?, store.0);
    println!("{store} has {}", found.digest);
    Ok(())
}
