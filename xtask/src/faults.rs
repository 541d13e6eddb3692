//! `cargo xtask faults`: failing disks, failing and irregular registries, killed processes, loss of power, and content
//! larger than memory.

use std::process::Command;

use crate::cargo::{self, build_oras, program};

/// The tests with a thorough mode, which takes some minutes: package, test, and prefix of their names.
const TESTS: [[&str; 3]; 8] = [
    ["oras-tests", "faults", ""],
    ["oras-tests", "graph", ""],
    ["oras-tests", "memory", ""],
    ["oras-tests", "wide", ""],
    ["oras-registry", "it", "pairs::"],
    ["oras-registry", "it", "soak::"],
    ["oras-sync", "it", "every_request::"],
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
