//! `cargo xtask bench stores`: layouts, folders, digests and references.

mod folders;
mod hashing;
mod manifests;
mod opening;
mod reference;
mod row;

use std::path::PathBuf;

use anyhow::{Context, ensure};
use clap::Args;

use super::table;
use row::Row;

const HEADING: &str = "### What stores take\n";

#[derive(Args)]
pub(crate) struct Stores {
    /// How often everything is measured; the median counts
    #[arg(long, default_value_t = 5)]
    rounds: usize,

    /// Keep the layouts below this folder, which is to be in memory
    #[arg(long, value_name = "FOLDER", default_value = "/dev/shm")]
    folder: PathBuf,

    /// Put the table into docs/performance.md, in place of the one that is there
    #[arg(long)]
    write: bool,

    /// Parse one reference, and tell the nanoseconds that it took
    #[arg(long, hide = true)]
    first_parse: bool,
}

impl Stores {
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        if self.first_parse {
            return reference::first();
        }
        let runtime = tokio::runtime::Runtime::new().context("cannot start")?;
        let rows = runtime.block_on(self.measure())?;
        let table = row::table(&rows);
        println!("\n{table}");
        if self.write {
            let rounds = self.rounds;
            let cores = table::cores();
            let text = format!(
                "{HEADING}\nThe median of {rounds} rounds, on one machine with {cores} cores and a file system in memory.\n\n{table}"
            );
            table::write(HEADING, &text)?;
        }
        judge(&rows)
    }

    async fn measure(&self) -> anyhow::Result<Vec<Row>> {
        let mut rows = reference::rows()?;
        rows.extend(manifests::rows(&self.folder, self.rounds).await?);
        rows.push(opening::row(&self.folder, self.rounds).await?);
        rows.push(hashing::row(&self.folder, self.rounds).await?);
        rows.extend(folders::rows(&self.folder, self.rounds)?);
        Ok(rows)
    }
}

fn judge(rows: &[Row]) -> anyhow::Result<()> {
    let missed: Vec<&str> = rows
        .iter()
        .filter(|row| !row.is_met())
        .map(|row| row.task)
        .collect();
    ensure!(missed.is_empty(), "more than allowed: {}", missed.join("; "));
    Ok(())
}
