//! `oras manifest`: commands for manifests.

mod delete;
mod fetch;
mod fetch_config;
mod index;
mod push;

use clap::Subcommand;

#[derive(Subcommand, Clone)]
pub(crate) enum Manifest {
    /// Show a manifest, or write it to a file
    #[command(visible_aliases = ["get", "show"])]
    Fetch(fetch::Fetch),
    /// Show the configuration of an artifact, or write it to a file
    #[command(visible_alias = "get-config")]
    FetchConfig(fetch_config::FetchConfig),
    /// Work with indexes: manifests of manifests
    #[command(subcommand)]
    Index(index::Index),
    /// Push a file as a manifest
    Push(push::Push),
    /// Delete a manifest with all its tags
    #[command(visible_aliases = ["remove", "rm"])]
    Delete(delete::Delete),
}

impl Manifest {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Fetch(command) => command.run().await,
            Self::FetchConfig(command) => command.run().await,
            Self::Index(command) => command.run().await,
            Self::Push(command) => command.run().await,
            Self::Delete(command) => command.run().await,
        }
    }
}
