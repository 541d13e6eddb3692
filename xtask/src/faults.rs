//! `cargo xtask faults`: disks that fail, registries that fail or are odd in every way, processes that die, power that is
//! lost, and content larger than memory.

use std::process::Command;

use crate::cargo::{self, build_oras, program};

/// The tests that can be thorough, and take some minutes then: package, test, and how their names start.
const TESTS: [[&str; 3]; 7] = [
    ["oras-tests", "faults", ""],
    ["oras-tests", "graph", ""],
    ["oras-tests", "memory", ""],
    ["oras-tests", "wide", ""],
    ["oras-registry", "it", "pairs::"],
    ["oras-registry", "it", "soak::"],
    ["oras-cli", "it", "every_request::"],
];

pub(crate) fn run() -> anyhow::Result<()> {
    build_oras()?;
    for [package, test, names] in TESTS {
        let mut tests = Command::new(program());
        tests.args(["test", "--quiet", "-p", package, "--test", test]);
        tests.args(["--", names, "--include-ignored", "--nocapture"]);
        cargo::run(tests.env("ORAS_TESTS", "thorough"))?;
    }
    Ok(())
}
