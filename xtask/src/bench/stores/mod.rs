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

const STORES: &str = "### What stores take\n";
const FOLDERS: &str = "### What packing takes\n";

#[derive(Args)]
pub(crate) struct Stores {
    /// How often everything is measured; the median counts
    #[arg(long, default_value_t = 5)]
    rounds: usize,

    /// Keep the layouts below this folder, which is to be in memory
    #[arg(long, value_name = "FOLDER", default_value = "/dev/shm")]
    folder: PathBuf,

    /// Put the tables into docs/performance.md, in place of those that are there
    #[arg(long)]
    write: bool,

    /// Measure the packing of folders alone
    #[arg(long)]
    folders: bool,

    /// Pack the folder `src` into this archive
    #[arg(long, hide = true)]
    pack: Option<String>,

    /// Parse one reference, and tell the nanoseconds that it took
    #[arg(long, hide = true)]
    first_parse: bool,
}

impl Stores {
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        if self.first_parse {
            return reference::first();
        }
        if let Some(archive) = &self.pack {
            return folders::pack_alone(archive);
        }
        let mut rows = Vec::new();
        if !self.folders {
            let runtime = tokio::runtime::Runtime::new().context("cannot start")?;
            rows = runtime.block_on(self.measure())?;
            self.show(STORES, &rows)?;
        }
        let packing = folders::rows(&self.folder, self.rounds)?;
        self.show(FOLDERS, &packing)?;
        rows.extend(packing);
        judge(&rows)
    }

    fn show(&self, heading: &str, rows: &[Row]) -> anyhow::Result<()> {
        let table = row::table(rows);
        println!("\n{table}");
        if !self.write {
            return Ok(());
        }
        let (rounds, cores) = (self.rounds, table::cores());
        let text = format!(
            "{heading}\nThe median of {rounds} rounds, on one machine with {cores} cores and a file system in memory.\n\n{table}"
        );
        table::write(heading, &text)
    }

    async fn measure(&self) -> anyhow::Result<Vec<Row>> {
        let mut rows = reference::rows()?;
        rows.extend(manifests::rows(&self.folder, self.rounds).await?);
        rows.push(opening::row(&self.folder, self.rounds).await?);
        rows.push(hashing::row(&self.folder, self.rounds).await?);
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
