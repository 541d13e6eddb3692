//! Arguments that many commands have.

use clap::{Args, ValueEnum};

/// How results are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
}

#[derive(Args, Clone)]
pub(crate) struct Output {
    /// How to write the result to stdout
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

#[derive(Args, Clone)]
pub(crate) struct Transfer {
    /// How many blobs to transfer at once
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=512))]
    concurrency: u16,

    /// Show progress as lines, even on a terminal
    #[arg(long)]
    pub(crate) no_tty: bool,
}

impl Transfer {
    pub(crate) fn concurrency(&self) -> usize {
        self.concurrency.into()
    }
}

/// The version of the distribution specification that decides how referrers are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DistributionSpec {
    /// With the referrers API
    #[value(name = "v1.1-referrers-api")]
    ReferrersApi,
    /// With an index under a tag
    #[value(name = "v1.1-referrers-tag")]
    ReferrersTag,
}
