//! `cargo xtask bench`: speed, compared with something else in the same run.

mod client;
mod connection;
mod copy;
mod load;
mod measure;
mod program;
mod stores;
mod table;

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, ensure};
use clap::{Args, Subcommand};

use crate::cargo;
use measure::Row;

/// The limits for the server: at least as fast as the other, and within this much memory, in MiB.
const LEAST_RATIO: f64 = 1.0;
const MOST_MEMORY: f64 = 64.0;

#[derive(Subcommand)]
pub(crate) enum Bench {
    /// `oras registry serve` on a folder, next to docker-registry 2.8.2
    Server(Server),
    /// Layouts, folders, digests and references, next to what they cannot do without
    Stores(stores::Stores),
    /// The client of registries, next to bare hyper with the same requests
    Client(client::Client),
    /// Copies by the program, next to the other programs that are on the PATH
    Copy(copy::Copy),
}

#[derive(Args)]
pub(crate) struct Server {
    /// How often everything is measured; the median counts
    #[arg(long, default_value_t = 5)]
    rounds: usize,

    /// Keep what the servers store below this folder; where temporary files are, by default
    #[arg(long, value_name = "FOLDER")]
    folder: Option<PathBuf>,

    /// What is written about where the folder is
    #[arg(long, value_name = "WORDS", default_value = "a folder on a disk")]
    medium: String,

    /// Put the table into docs/performance.md, in place of the one about the same medium
    #[arg(long)]
    write: bool,
}

impl Bench {
    pub(crate) fn run(self) -> anyhow::Result<()> {
        if cfg!(debug_assertions) {
            return again_in_release();
        }
        match self {
            Self::Server(server) => server.run(),
            Self::Stores(stores) => stores.run(),
            Self::Client(client) => client.run(),
            Self::Copy(copy) => copy.run(),
        }
    }
}

/// Runs the bench again in release mode, because otherwise the unoptimised client would be what is measured.
fn again_in_release() -> anyhow::Result<()> {
    let mut command = Command::new(cargo::program());
    command.args(["run", "--quiet", "--release", "--package", "xtask", "--"]);
    cargo::run(command.args(std::env::args_os().skip(1)))
}

impl Server {
    fn run(&self) -> anyhow::Result<()> {
        let oras = cargo::build_oras_for("release")?;
        let folder = self.folder.clone().unwrap_or_else(std::env::temp_dir);
        let runtime = tokio::runtime::Runtime::new().context("cannot start")?;
        let rows = runtime.block_on(measure::all(&oras, &folder, self.rounds))?;
        let table = table::table(&rows);
        println!("\n{table}");
        if self.write {
            table::write(
                &table::heading(&self.medium),
                &table::section(&self.medium, self.rounds, &table),
            )?;
        }
        judge(&rows)
    }
}

fn judge(rows: &[Row]) -> anyhow::Result<()> {
    for row in rows {
        ensure!(
            row.ratio() >= LEAST_RATIO,
            "{}: slower than docker-registry",
            row.name
        );
        ensure!(
            row.memory < MOST_MEMORY,
            "{}: {:.0} MiB of memory",
            row.name,
            row.memory
        );
    }
    Ok(())
}
