//! Cargo: running it, and reading its metadata.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};
use serde::Deserialize;

/// Returns the folder of the workspace.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("xtask is a folder of the workspace")
}

/// Runs cargo in the workspace, and fails if it fails.
pub(crate) fn cargo(arguments: &[&str]) -> anyhow::Result<()> {
    run(Command::new(program()).args(arguments))
}

/// Prints and runs a command in the workspace, and fails if it fails.
pub(crate) fn run(command: &mut Command) -> anyhow::Result<()> {
    let shown = shown(command);
    eprintln!("+ {shown}");
    let status = command
        .current_dir(root())
        .status()
        .with_context(|| format!("cannot run {shown}"))?;
    if !status.success() {
        bail!("{shown} failed");
    }
    Ok(())
}

/// Returns the stdout of cargo in the workspace, and fails if it fails.
pub(crate) fn output(arguments: &[&str]) -> anyhow::Result<Vec<u8>> {
    output_of(Command::new(program()).args(arguments))
}

/// Returns the stdout of a command in the workspace, and fails if it fails.
pub(crate) fn output_of(command: &mut Command) -> anyhow::Result<Vec<u8>> {
    command.current_dir(root());
    let shown = shown(command);
    let output = command.output().with_context(|| format!("cannot run {shown}"))?;
    if !output.status.success() {
        bail!("{shown} failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(output.stdout)
}

fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or_default();
    let words = std::iter::once(program).chain(command.get_args());
    words
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}

pub(crate) fn program() -> String {
    std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned())
}

/// Builds the `oras` program and returns its path.
pub(crate) fn build_oras() -> anyhow::Result<PathBuf> {
    build_oras_for("dev")
}

/// Builds the `oras` program with a profile and returns its path.
pub(crate) fn build_oras_for(profile: &str) -> anyhow::Result<PathBuf> {
    cargo(&["build", "--quiet", "-p", "oras-cli", "--profile", profile])?;
    let target = Metadata::read(&["--no-deps"])?.target_directory;
    // The folder of the profile `dev` is `debug`.
    let folder = if profile == "dev" { "debug" } else { profile };
    Ok(target
        .join(folder)
        .join(format!("oras{}", std::env::consts::EXE_SUFFIX)))
}

/// The output of `cargo metadata`.
#[derive(Deserialize)]
pub(crate) struct Metadata {
    pub(crate) packages: Vec<Package>,
    pub(crate) target_directory: PathBuf,
}

#[derive(Deserialize)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) license: Option<String>,
    /// `None` for packages of the workspace.
    pub(crate) source: Option<String>,
    pub(crate) dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    /// `None` for normal dependencies, otherwise `dev` or `build`.
    pub(crate) kind: Option<String>,
    pub(crate) path: Option<PathBuf>,
}

impl Metadata {
    pub(crate) fn read(arguments: &[&str]) -> anyhow::Result<Self> {
        let all = [&["metadata", "--format-version", "1"], arguments].concat();
        serde_json::from_slice(&output(&all)?).context("cannot read what cargo metadata wrote")
    }

    /// Returns the version of a package of the workspace.
    pub(crate) fn version_of(&self, name: &str) -> anyhow::Result<&str> {
        let package = self.workspace().find(|package| package.name == name);
        let package = package.with_context(|| format!("there is no package {name}"))?;
        Ok(&package.version)
    }

    pub(crate) fn workspace(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| package.source.is_none())
    }
}
