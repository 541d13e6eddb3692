//! `cargo xtask ci`: what a change must pass, after the tests.

use std::process::Command;

use crate::cargo::{self, cargo};
use crate::conformance::Conformance;
use crate::quickstart;
use crate::test::Test;
use crate::tidy;

/// Format, lints, documentation, features, tidiness, licences, the quickstart, the tests against other programs, and the protocol suite.
pub(crate) fn run() -> anyhow::Result<()> {
    cargo(&["fmt", "--all", "--check"])?;
    cargo(&[
        "clippy",
        "--workspace",
        "--all-targets",
        "--all-features",
        "--",
        "-D",
        "warnings",
    ])?;
    documentation()?;
    features_alone()?;
    tidy::run()?;
    deny()?;
    quickstart::run()?;
    Test::interop().run()?;
    Conformance::embedded().run()?;
    Conformance::docker_registry().run()
}

fn features_alone() -> anyhow::Result<()> {
    for (package, features) in [
        ("oras", "--no-default-features"),
        ("oras", "--features=blocking"),
        ("oras", "--features=oci-spec"),
        ("oras", "--features=config"),
        ("oras-auth", "--features=fuzzing"),
        ("oras-config", "--features=fuzzing"),
        ("oras-content", "--features=oci-spec"),
        ("oras-content", "--features=blake3"),
        ("oras-content", "--features=fuzzing"),
        ("oras-archive", "--features=fuzzing"),
        ("oras-server", "--features=tls"),
        ("oras-server", "--features=self-signed"),
        ("oras-server", "--features=fuzzing"),
        ("oras-server", "--no-default-features"),
        ("oras-registry", "--features=fuzzing"),
        ("oras-registry", "--no-default-features"),
    ] {
        cargo(&["check", "--quiet", "-p", package, features])?;
    }
    cargo(&["test", "--quiet", "-p", "oras-content", "--features=blake3"])?;
    cargo(&["test", "--quiet", "-p", "oras-transport", "--no-default-features"])
}

fn documentation() -> anyhow::Result<()> {
    let mut doc = Command::new("cargo");
    doc.args(["doc", "--workspace", "--all-features", "--no-deps"]);
    doc.env("RUSTDOCFLAGS", "-D warnings");
    cargo::run(&mut doc)
}

/// Licences, bans and sources. Advisories need a database from elsewhere and are looked at where that can be had.
fn deny() -> anyhow::Result<()> {
    let is_there = Command::new("cargo")
        .args(["deny", "--version"])
        .output()
        .is_ok_and(|output| output.status.success());
    if !is_there {
        eprintln!(
            "NOT RUN: cargo deny check, because cargo-deny is not installed; tidy checked the licences"
        );
        return Ok(());
    }
    cargo(&["deny", "--all-features", "check", "bans", "licenses", "sources"])
}
