//! Removal: whether to delete content, and the report of it.

use anyhow::Context;
use clap::Args;
use oras::Descriptor;
use oras::content::Result as StoreResult;
use tokio::task::spawn_blocking;

use crate::args::Format;
use crate::store::Target;
use crate::usage::{Usage, ensure_usage};
use crate::{format, say};

/// Flags of the commands that delete.
#[derive(Args, Clone)]
pub(crate) struct Removal {
    /// Delete without asking; succeed if it does not exist
    #[arg(long, short = 'f')]
    force: bool,

    /// Show the descriptor of what was deleted; needs --force
    #[arg(long)]
    descriptor: bool,

    /// Indent the descriptor
    #[arg(long, requires = "descriptor")]
    pretty: bool,
}

impl Removal {
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        ensure_usage!(
            self.force || !self.descriptor,
            "--descriptor needs --force: a program cannot answer a question"
        );
        Ok(())
    }

    /// Returns the content to delete. With `--force`, missing content counts as deleted, unless its descriptor is requested.
    pub(crate) fn found(
        &self,
        target: &Target,
        resolved: StoreResult<Descriptor>,
    ) -> anyhow::Result<Option<Descriptor>> {
        match resolved {
            Err(error) if self.force && !self.descriptor && error.is_not_found() => {
                say::note(format!("Missing {}", target.display()));
                Ok(None)
            }
            resolved => Ok(Some(resolved?)),
        }
    }

    /// Asks the user to confirm, unless `--force` was given.
    pub(crate) async fn is_confirmed(&self, question: String) -> anyhow::Result<bool> {
        if self.force {
            return Ok(true);
        }
        is_confirmed(question).await
    }

    pub(crate) fn report(&self, target: &Target, gone: &Descriptor, format: Format) -> anyhow::Result<()> {
        match (format, self.descriptor) {
            (Format::Text, false) => format::line(format!("Deleted {}", target.display())),
            _ => format::descriptor(&target.name, gone, format, self.pretty),
        }
    }
}

/// Asks the user at the terminal to confirm.
pub(crate) async fn is_confirmed(question: String) -> anyhow::Result<bool> {
    say::prompt(format!("{question} [y/N] "));
    let answer = spawn_blocking(read_line).await??;
    if answer.is_empty() {
        return Err(Usage::error("no answer: add --force to delete without asking"));
    }
    let is_yes = matches!(answer.trim(), "y" | "Y" | "yes");
    if !is_yes {
        say::note("Nothing was deleted");
    }
    Ok(is_yes)
}

/// Reads a line with its newline; empty at the end of stdin.
fn read_line() -> anyhow::Result<String> {
    let mut line = String::new();
    let read = std::io::stdin().read_line(&mut line);
    read.context("cannot read the answer from stdin")?;
    Ok(line)
}
