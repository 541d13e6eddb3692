//! Measurements of both servers, round by round, with the median of each.

use std::path::Path;

use super::load::{Load, Task};
use super::program::Program;

/// A measurement.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) unit: &'static str,
    /// The speed of our server, and of the other one.
    pub(super) ours: f64,
    pub(super) theirs: f64,
    /// Peak memory of our server, in MiB.
    pub(super) memory: f64,
}

impl Row {
    /// Returns how many times as fast our server is.
    pub(super) fn ratio(&self) -> f64 {
        self.ours / self.theirs
    }
}

/// The speed and memory of one server in one round, for each task.
type Round = Vec<(f64, f64)>;

/// Measures all tasks in rounds. Each round starts both servers anew and swaps their order.
pub(super) async fn all(oras: &Path, folder: &Path, rounds: usize) -> anyhow::Result<Vec<Row>> {
    let load = Load::new();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for number in 0..rounds.max(1) {
        for is_ours in [number % 2 == 0, number % 2 != 0] {
            let program = match is_ours {
                true => Program::ours(oras, folder, 0)?,
                false => Program::docker(folder)?,
            };
            let round = round(&load, &program).await?;
            let server = if is_ours { "oras" } else { "docker-registry" };
            let speeds: Vec<String> = round.iter().map(|(speed, _)| format!("{speed:.0}")).collect();
            eprintln!("round {}, {server}: {}", number + 1, speeds.join(", "));
            if is_ours { &mut ours } else { &mut theirs }.push(round);
        }
    }
    let rows = Task::ALL.into_iter().enumerate().map(|(at, task)| Row {
        name: task.name(),
        unit: task.work().1,
        ours: median(ours.iter().map(|round: &Round| round[at].0)),
        theirs: median(theirs.iter().map(|round: &Round| round[at].0)),
        memory: ours.iter().map(|round| round[at].1).fold(0.0, f64::max),
    });
    Ok(rows.collect())
}

async fn round(load: &Load, program: &Program) -> anyhow::Result<Round> {
    load.prepare(program.addr()).await?;
    let mut round = Vec::new();
    for task in Task::ALL {
        program.forget_peak()?;
        let time = load.run(task, program.addr(), false).await?;
        round.push((task.work().0 / time.as_secs_f64(), program.peak()?));
    }
    Ok(round)
}

pub(super) fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() % 2 {
        1 => values[middle],
        _ => (values[middle - 1] + values[middle]) / 2.0,
    }
}

#[cfg(test)]
mod tests {
    use super::median;

    #[test]
    fn the_middle_counts() {
        assert_eq!(median([3.0, 1.0, 100.0].into_iter()), 3.0);
        assert_eq!(median([4.0, 1.0, 2.0, 100.0].into_iter()), 3.0);
    }
}
