//! The command line: commands and what they have in common.

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::command::{
    attach, blob, cp, discover, login, logout, manifest, pull, push, repo, resolve, serve, tag,
};

/// Work with OCI artifacts in registries and image layouts.
#[derive(Parser)]
#[command(name = "oras", version, max_term_width = 110, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,

    /// Log what is done, to stderr
    #[arg(long, short = 'd', global = true)]
    pub(crate) debug: bool,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Push files as an artifact
    Push(push::Push),
    /// Pull an artifact's files
    Pull(pull::Pull),
    /// Attach files to an artifact that is there already
    Attach(attach::Attach),
    /// Show what is attached to an artifact
    Discover(discover::Discover),
    /// Copy an artifact from one place to another
    #[command(visible_alias = "copy")]
    Cp(cp::Cp),
    /// Give an artifact more tags
    Tag(tag::Tag),
    /// Show the digest that a tag stands for
    #[command(visible_alias = "digest")]
    Resolve(resolve::Resolve),
    /// Work with manifests
    #[command(subcommand)]
    Manifest(manifest::Manifest),
    /// Work with blobs
    #[command(subcommand)]
    Blob(blob::Blob),
    /// Work with repositories
    #[command(subcommand)]
    Repo(repo::Repo),
    /// Log in to a registry
    Login(login::Login),
    /// Log out from a registry
    Logout(logout::Logout),
    /// Run a registry
    #[command(subcommand)]
    Registry(serve::Registry),
    /// Show the version
    Version,
}

/// How results are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
}

#[derive(Args)]
pub(crate) struct Output {
    /// How to write the result to stdout
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

#[derive(Args)]
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
