//! `cargo xtask faults`: disks that fail, processes that die, power that is lost, and content larger than memory.

use std::process::Command;

use crate::cargo::{self, build_oras, program};

/// The tests that can be thorough, and take some minutes then.
const TESTS: [&str; 4] = ["faults", "graph", "memory", "wide"];

pub(crate) fn run() -> anyhow::Result<()> {
    build_oras()?;
    for test in TESTS {
        let mut tests = Command::new(program());
        tests.args(["test", "--quiet", "-p", "oras-tests", "--test", test]);
        tests.args(["--", "--include-ignored", "--nocapture"]);
        cargo::run(tests.env("ORAS_TESTS", "thorough"))?;
    }
    Ok(())
}
