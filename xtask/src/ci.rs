//! `cargo xtask ci`: the checks that a change must pass, besides the tests.

use std::process::Command;

use anyhow::{Context, ensure};

use crate::cargo::{self, cargo};
use crate::conformance::Conformance;
use crate::quickstart;
use crate::test::Test;
use crate::tidy;

/// Runs format, lints, documentation, features, tidy, licences, the quickstart, the interoperability tests, and the protocol
/// suite.
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
    ] {
        cargo(&["check", "--quiet", "-p", package, features])?;
    }
    cargo(&["test", "--quiet", "-p", "oras-content", "--features=blake3"])?;
    tls_providers()
}

/// Checks each set of TLS providers alone. The tests already ran with both.
fn tls_providers() -> anyhow::Result<()> {
    for package in ["oras", "oras-registry"] {
        for providers in ["", "ring", "aws-lc-rs", "aws-lc-rs,ring"] {
            let check = ["check", "--quiet", "-p", package];
            cargo(&[&check[..], &["--no-default-features", "--features", providers]].concat())?;
        }
    }
    for providers in ["", "ring", "aws-lc-rs"] {
        let test = ["test", "--quiet", "-p", "oras-transport"];
        cargo(&[&test[..], &["--no-default-features", "--features", providers]].concat())?;
    }
    tls_without_provider()
}

fn tls_without_provider() -> anyhow::Result<()> {
    let mut check = Command::new("cargo");
    check.args(["check", "--quiet", "--color=never", "-p", "oras"]);
    check.args(["--no-default-features", "--features=tls"]);
    let output = check.output().context("cannot run cargo")?;
    let said = String::from_utf8_lossy(&output.stderr);
    let is_told = said.contains("TLS needs a provider") && said.matches("error: ").count() == 2;
    ensure!(
        is_told,
        "tls without a provider does not end with one error that says so: {said}"
    );
    Ok(())
}

fn documentation() -> anyhow::Result<()> {
    let mut doc = Command::new("cargo");
    doc.args(["doc", "--workspace", "--all-features", "--no-deps"]);
    doc.env("RUSTDOCFLAGS", "-D warnings");
    cargo::run(&mut doc)
}

/// Checks licences, bans and sources. Advisories need a remote database, and are checked if it is available.
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
