//! `oras manifest index`: commands for indexes.

mod create;
mod entry;
mod update;
mod written;

use clap::Subcommand;

#[derive(Subcommand, Clone)]
pub(crate) enum Index {
    /// Create an index of existing manifests, and push it
    #[command(visible_alias = "pack")]
    Create(create::Create),
    /// Add manifests to an index or remove some, and push the result
    Update(update::Update),
}

impl Index {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Create(command) => command.run().await,
            Self::Update(command) => command.run().await,
        }
    }
}
