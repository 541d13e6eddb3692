//! `cargo xtask bench copy`: copies by the program, compared with other programs and with the minimum work.

mod floor;
mod program;
mod task;
mod workload;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, ensure};
use clap::Args;
use oras_server::ServerOptions;
use oras_server_faults::{Fault, Server};

use super::measure::median;
use super::table;
use crate::cargo;
use program::{Program, Taken};
use task::Task;
use workload::Workload;

const HEADING: &str = "### What copies take\n";

/// Additional latency of each response, in milliseconds.
const LATENCIES: [u64; 2] = [0, 20];

#[derive(Args)]
pub(crate) struct Copy {
    /// How often everything is measured; the median counts
    #[arg(long, default_value_t = 3)]
    rounds: usize,

    /// Keep layouts below this folder, which is to be in memory
    #[arg(long, value_name = "FOLDER", default_value = "/dev/shm")]
    folder: PathBuf,

    /// Measure only tasks whose names have this text
    #[arg(long, value_name = "TEXT", default_value = "")]
    only: String,

    /// Put the table into docs/performance.md, in place of the one that is there
    #[arg(long)]
    write: bool,

    /// Copy the image from one place to another, with nothing but the requests, the hash and the files
    #[arg(long, hide = true, num_args = 2, value_names = ["FROM", "TO"])]
    floor: Option<Vec<String>>,
}

/// A task at a latency, with the cost for each program, round by round.
struct Row {
    task: Task,
    latency: u64,
    programs: Vec<(Program, Vec<Taken>)>,
}

impl Copy {
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        let runtime = tokio::runtime::Runtime::new().context("cannot start")?;
        if let Some([from, to]) = self.floor.as_deref() {
            return runtime.block_on(floor::copy(from, to));
        }
        let oras = cargo::build_oras_for("release")?;
        let programs = program::found(&oras)?;
        let rows = runtime.block_on(self.measure(&programs))?;
        let table = shown(&rows, &programs);
        println!("\n{table}");
        if self.write {
            let (rounds, cores) = (self.rounds, table::cores());
            let text = format!(
                "{HEADING}\nThe median of {rounds} rounds, on one machine with {cores} cores that program and registry share.\n\n{table}"
            );
            table::write(HEADING, &text)?;
        }
        judge(&rows)
    }

    async fn measure(&self, programs: &[Program]) -> anyhow::Result<Vec<Row>> {
        let mut rows = Vec::new();
        for latency in LATENCIES {
            for task in Task::ALL
                .into_iter()
                .filter(|task| task.name().contains(&self.only))
            {
                let mut row = Row {
                    task,
                    latency,
                    programs: Vec::new(),
                };
                for program in programs {
                    let mut taken = Vec::new();
                    for _ in 0..self.rounds.max(1) {
                        taken.extend(one(program, task, latency, &self.folder).await?);
                    }
                    if !taken.is_empty() {
                        row.programs.push((program.clone(), taken));
                    }
                }
                eprintln!("{}, {latency} ms", task.name());
                rows.push(row);
            }
        }
        Ok(rows)
    }
}

/// Runs a task once; `None` if the program cannot do it.
async fn one(program: &Program, task: Task, latency: u64, folder: &Path) -> anyhow::Result<Option<Taken>> {
    let folder = tempfile::tempdir_in(folder).context("cannot make a folder")?;
    let server = Server::start(ServerOptions::default()).await?;
    let other = Server::start(ServerOptions::default()).await?;
    let places = task.prepare(&server, &other, folder.path()).await?;
    let Some(command) = program.command(task, &places) else {
        return Ok(None);
    };
    if task.is_again() {
        program::run(program.command(task, &places).context("it can be done twice")?).await?;
    }
    for server in [&server, &other] {
        server.journal().clear();
        if latency > 0 {
            server.inject(Fault::latency(Duration::from_millis(latency)).always());
        }
    }
    let mut taken = program::run(command)
        .await
        .with_context(|| format!("{}: {}", program.name(), task.name()))?;
    taken.requests = server.journal().requests() + other.journal().requests();
    ensure!(
        taken.requests > 0,
        "{} does nothing: {}",
        program.name(),
        task.name()
    );
    Ok(Some(taken))
}

impl Row {
    fn name(&self) -> String {
        format!("{}, {} ms", self.task.name(), self.latency)
    }

    fn of(&self, name: &str, value: impl Fn(&Taken) -> f64) -> Option<f64> {
        let (_, taken) = self.programs.iter().find(|(program, _)| program.name() == name)?;
        Some(median(taken.iter().map(value)))
    }

    /// Lists the limits that the program exceeded.
    fn missed(&self) -> Vec<String> {
        let peers = self.programs.iter().map(|(program, _)| program.name());
        let peers = peers.filter(|name| ![program::OURS, program::FLOOR].contains(name));
        let wall = |taken: &Taken| taken.wall;
        let mut missed: Vec<_> = peers
            .filter(|peer| self.is_over(peer, 1.0, wall))
            .map(|peer| format!("{} ({peer})", self.name()))
            .collect();
        if self.task.workload() == Workload::Large {
            let over = [
                (self.is_over(program::FLOOR, MOST_WALL, wall), "wall"),
                (self.is_over(program::FLOOR, MOST_CPU, |taken| taken.cpu), "CPU"),
            ];
            let over = over.into_iter().filter(|(is_over, _)| *is_over);
            missed.extend(over.map(|(_, what)| format!("{} ({what} of the least)", self.name())));
        }
        missed
    }

    /// Whether the program took more than `most` times the cost of another.
    fn is_over(&self, other: &str, most: f64, value: impl Fn(&Taken) -> f64) -> bool {
        let (ours, theirs) = (self.of(program::OURS, &value), self.of(other, &value));
        ours.zip(theirs)
            .is_some_and(|(ours, theirs)| ours > theirs * most)
    }
}

fn shown(rows: &[Row], programs: &[Program]) -> String {
    let names: Vec<_> = programs.iter().map(Program::name).collect();
    let mut text = format!(
        "| task | {} | requests | CPU | of the least | memory |\n|{}\n",
        names.join(" | "),
        "---|".repeat(names.len() + 5)
    );
    for row in rows {
        let shown =
            |seconds: Option<f64>| seconds.map_or("–".to_owned(), |seconds| format!("{seconds:.2} s"));
        let seconds = names.iter().map(|name| shown(row.of(name, |taken| taken.wall)));
        let seconds: Vec<_> = seconds.collect();
        let own = |value: fn(&Taken) -> f64| row.of(program::OURS, value).unwrap_or_default();
        text.push_str(&format!(
            "| {} | {} | {:.0} | {:.2} s | {} | {:.0} MiB |\n",
            row.name(),
            seconds.join(" | "),
            own(|taken| taken.requests as f64),
            own(|taken| taken.cpu),
            shown(row.of(program::FLOOR, |taken| taken.cpu)),
            own(|taken| taken.memory),
        ));
    }
    text
}

/// Limits on wall time and processor time for copying one large blob, relative to the minimum work.
const MOST_WALL: f64 = 1.1;
const MOST_CPU: f64 = 1.25;

/// Checks that the program is first in each row, and near the minimum work for one large blob.
fn judge(rows: &[Row]) -> anyhow::Result<()> {
    let missed: Vec<_> = rows.iter().flat_map(Row::missed).collect();
    ensure!(missed.is_empty(), "slower than allowed: {}", missed.join("; "));
    Ok(())
}
