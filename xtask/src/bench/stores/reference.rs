//! Parsing references: the first one in a process, and the following ones.

use std::hint::black_box;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, ensure};
use oras_content::Reference;

use super::row::Row;
use crate::bench::measure::median;

const TEXT: &str = "registry.example.com:5000/team/project/app:v1.2.3";
const PROCESSES: usize = 101;
const MANY: u32 = 1_000_000;
/// Limit for a reference, in µs.
const MOST: f64 = 2.0;
/// Limit for the first one, which includes loading the program's pages.
const FIRST_MOST: f64 = 15.0;

/// Measures the first one, in a process that has not parsed any.
pub(super) fn first() -> anyhow::Result<()> {
    let start = Instant::now();
    let parsed: Reference = black_box(TEXT).parse()?;
    let taken = start.elapsed();
    black_box(parsed);
    println!("{}", taken.as_nanos());
    Ok(())
}

pub(super) fn rows() -> anyhow::Result<Vec<Row>> {
    let firsts: Vec<f64> = (0..PROCESSES)
        .map(|_| first_of_another())
        .collect::<Result<_, _>>()?;
    let start = Instant::now();
    for _ in 0..MANY {
        black_box(black_box(TEXT).parse::<Reference>()?);
    }
    let each = start.elapsed().as_secs_f64() * 1e6 / f64::from(MANY);
    Ok(vec![
        row(
            "parse the first reference of a process, in µs",
            median(firsts.into_iter()),
            FIRST_MOST,
        ),
        row("parse any further reference, in µs", each, MOST),
    ])
}

fn row(task: &'static str, micros: f64, most: f64) -> Row {
    Row {
        task,
        taken: format!("{micros:.2} µs"),
        other: None,
        value: micros,
        most,
    }
}

fn first_of_another() -> anyhow::Result<f64> {
    let program = std::env::current_exe().context("cannot find this program")?;
    let output = Command::new(program)
        .args(["bench", "stores", "--first-parse"])
        .output()
        .context("cannot start this program")?;
    ensure!(output.status.success(), "a first parse failed");
    let nanos: f64 = String::from_utf8_lossy(&output.stdout).trim().parse()?;
    Ok(nanos / 1e3)
}
