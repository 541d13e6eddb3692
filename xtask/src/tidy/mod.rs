//! `cargo xtask tidy`: checks of the workspace as a whole.

mod edges;
mod licences;
mod proofs;
mod rows;
mod sources;
mod weight;

use anyhow::bail;

use crate::cargo::Metadata;

/// Reports every violation, then fails if there was one.
pub(crate) fn run() -> anyhow::Result<()> {
    let metadata = Metadata::read(&["--all-features"])?;
    let mut found = edges::violations(&metadata)?;
    found.extend(sources::violations()?);
    found.extend(proofs::violations()?);
    found.extend(rows::violations()?);
    found.extend(licences::violations(&metadata)?);
    found.extend(weight::violations()?);
    for violation in &found {
        eprintln!("tidy: {violation}");
    }
    if !found.is_empty() {
        bail!("{} things are not tidy", found.len());
    }
    eprintln!("tidy: crate edges, files, proofs, rows of oras-go, licences and weight are as they should be");
    Ok(())
}
