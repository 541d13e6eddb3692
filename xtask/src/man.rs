//! `cargo xtask man`: the manual pages of the `oras` program.

use std::path::PathBuf;
use std::process::Command;

use clap::Args;

use crate::cargo::{build_oras, root, run};

#[derive(Args)]
pub(crate) struct Man {
    /// The folder to write to; target/man by default
    #[arg(long, value_name = "FOLDER")]
    to: Option<PathBuf>,
}

impl Man {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        let folder = match self.to {
            Some(folder) => std::path::absolute(folder)?,
            None => root().join("target").join("man"),
        };
        run(Command::new(build_oras()?).arg("man").arg(&folder))?;
        println!("The pages are in {}.", folder.display());
        Ok(())
    }
}
