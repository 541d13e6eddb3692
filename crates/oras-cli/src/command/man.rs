//! `oras man`: writes the manual pages, for `cargo xtask man`.

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;

use crate::help::pages;
use crate::output;

#[derive(Args, Clone)]
pub(crate) struct Man {
    /// The folder to write to
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
}

impl Man {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        for (name, page) in pages().context("cannot make the manual pages")? {
            output::write(&self.folder.join(name), page).await?;
        }
        Ok(())
    }
}
