//! `oras completion`: prints the completion script of a shell.

use clap::{Args, ValueEnum};

use crate::complete::script;
use crate::format;

/// The shells that can be told.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Shell {
    Bash,
    Zsh,
    Fish,
    Powershell,
}

#[derive(Args, Clone)]
pub(crate) struct Completion {
    /// The shell
    #[arg(value_enum, value_name = "SHELL")]
    shell: Shell,
}

impl Completion {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        format::bytes(&script::of(self.shell)?)
    }
}
