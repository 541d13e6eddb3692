//! `oras blob`: commands for blobs.

mod delete;
mod fetch;
mod push;

use clap::Subcommand;
use oras::Digest;

use crate::store::Target;
use crate::usage::Usage;

#[derive(Subcommand, Clone)]
pub(crate) enum Blob {
    /// Fetch a blob
    #[command(visible_alias = "get")]
    Fetch(fetch::Fetch),
    /// Push a file as a blob
    Push(push::Push),
    /// Delete a blob
    #[command(visible_aliases = ["remove", "rm"])]
    Delete(delete::Delete),
}

impl Blob {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Fetch(command) => command.run().await,
            Self::Push(command) => command.run().await,
            Self::Delete(command) => command.run().await,
        }
    }
}

/// Returns the digest of a blob, which has no other name.
fn digest_of(target: &Target) -> anyhow::Result<&Digest> {
    let digest = target.name()?.digest();
    digest.ok_or_else(|| {
        let name = &target.name;
        Usage::error(format!("a blob has no tag: write {name}@<digest>"))
    })
}
