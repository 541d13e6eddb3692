//! `cargo xtask bench client`: the registry client, compared with bare hyper for the same requests.

mod ours;

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use clap::Args;

use super::load::{Load, Task};
use super::measure::median;
use super::program::Program;
use super::table;
use crate::cargo;
use ours::Ours;

const HEADING: &str = "### What the client takes\n";

/// Minimum speed of the client, relative to the bare loop.
const LEAST: f64 = 0.9;

/// Additional latency of each response, in milliseconds.
const LATENCIES: [u64; 2] = [0, 20];

const TASKS: [Task; 4] = [Task::PutLarge, Task::GetLarge, Task::PutSmall, Task::GetSmall];

#[derive(Args)]
pub(crate) struct Client {
    /// How often everything is measured; the median counts
    #[arg(long, default_value_t = 5)]
    rounds: usize,

    /// Keep what the server stores below this folder, which is to be in memory
    #[arg(long, value_name = "FOLDER", default_value = "/dev/shm")]
    folder: PathBuf,

    /// Put the table into docs/performance.md, in place of the one that is there
    #[arg(long)]
    write: bool,
}

/// A task at a latency, with the seconds of each side, round by round.
struct Row {
    task: Task,
    latency: u64,
    ours: Vec<f64>,
    floor: Vec<f64>,
}

impl Row {
    fn new(task: Task, latency: u64) -> Self {
        let (ours, floor) = (Vec::new(), Vec::new());
        Self {
            task,
            latency,
            ours,
            floor,
        }
    }

    fn name(&self) -> String {
        format!("{}, {} ms later", self.task.name(), self.latency)
    }

    fn seconds(&self) -> (f64, f64) {
        (
            median(self.ours.iter().copied()),
            median(self.floor.iter().copied()),
        )
    }

    /// Returns the speed of the client relative to the bare loop.
    fn ratio(&self) -> f64 {
        let (ours, floor) = self.seconds();
        floor / ours
    }
}

impl Client {
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        let oras = cargo::build_oras_for("release")?;
        let runtime = tokio::runtime::Runtime::new().context("cannot start")?;
        let rows = runtime.block_on(self.measure(&oras))?;
        let table = shown(&rows);
        println!("\n{table}");
        if self.write {
            let (rounds, cores) = (self.rounds, table::cores());
            let text = format!(
                "{HEADING}\nThe median of {rounds} rounds, on one machine with {cores} cores that client and server share.\n\n{table}"
            );
            table::write(HEADING, &text)?;
        }
        let missed: Vec<_> = rows
            .iter()
            .filter(|row| row.ratio() < LEAST)
            .map(Row::name)
            .collect();
        ensure!(missed.is_empty(), "slower than allowed: {}", missed.join("; "));
        Ok(())
    }

    async fn measure(&self, oras: &Path) -> anyhow::Result<Vec<Row>> {
        let load = Load::new();
        let rows = LATENCIES
            .into_iter()
            .flat_map(|latency| TASKS.map(|task| Row::new(task, latency)));
        let mut rows: Vec<Row> = rows.collect();
        for number in 0..self.rounds.max(1) {
            for latency in LATENCIES {
                for is_ours in [number % 2 == 0, number % 2 != 0] {
                    let server = Program::ours(oras, &self.folder, latency)?;
                    for row in rows.iter_mut().filter(|row| row.latency == latency) {
                        let took = match is_ours {
                            true => Ours::new(server.addr())?.run(&load, row.task).await?,
                            false => load.run(row.task, server.addr(), true).await?,
                        };
                        if is_ours { &mut row.ours } else { &mut row.floor }.push(took.as_secs_f64());
                    }
                }
            }
            eprintln!("round {} of {}", number + 1, self.rounds);
        }
        Ok(rows)
    }
}

fn shown(rows: &[Row]) -> String {
    let mut text = String::from("| task | oras | bare hyper | of its speed |\n|---|---|---|---|\n");
    for row in rows {
        let (ours, floor) = row.seconds();
        let line = format!(
            "| {} | {ours:.3} s | {floor:.3} s | {:.2} |\n",
            row.name(),
            row.ratio()
        );
        text.push_str(&line);
    }
    text
}
