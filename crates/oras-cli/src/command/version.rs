//! `oras version`: the version of this program, and what it was built with.

use clap::Args;
use serde_json::{Map, Value};

use crate::args::{Format, Output, architecture};
use crate::format;

#[derive(Args, Clone)]
pub(crate) struct Version {
    #[command(flatten)]
    output: Output,
}

/// The commit that a release is built from.
const COMMIT: Option<&str> = option_env!("ORAS_GIT_COMMIT");

impl Version {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        let platform = format!("{}/{}", std::env::consts::OS, architecture());
        let mut told = vec![
            ("Version", "version", env!("CARGO_PKG_VERSION")),
            ("Rust version", "rustVersion", env!("ORAS_RUST_VERSION")),
            ("OS/Arch", "platform", &platform),
        ];
        told.extend(COMMIT.map(|commit| ("Git commit", "gitCommit", commit)));
        match self.output.format {
            Format::Text => told
                .iter()
                .try_for_each(|(name, _, value)| format::line(format!("{:13} {value}", format!("{name}:")))),
            Format::Json => {
                let members = told
                    .iter()
                    .map(|(_, key, value)| ((*key).to_owned(), Value::from(*value)));
                format::json(&members.collect::<Map<_, _>>())
            }
        }
    }
}
