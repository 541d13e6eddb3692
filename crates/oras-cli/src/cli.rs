//! The command line: the commands.

use std::time::Duration;

use clap::builder::{BoolishValueParser, FalseyValueParser};
use clap::{ArgAction, Parser, Subcommand};

use crate::command::{
    attach, auth, backup, blob, completion, config, cp, discover, layout, login, logout, man, manifest, pull,
    push, repo, resolve, restore, serve, sync, tag, verify, version,
};
use crate::duration::limit;
use crate::system::SYSTEM_CONFIG;

/// Work with OCI artifacts in registries and image layouts.
#[derive(Parser)]
#[command(name = "oras", version, max_term_width = 110, arg_required_else_help = true, after_help = EXIT_CODES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,

    /// Log to stderr what the command does
    #[arg(long, short = 'd', global = true, env = "ORAS_DEBUG", value_parser = FalseyValueParser::new(), help_heading = "Output")]
    pub(crate) debug: bool,

    /// With --debug, also log the first 4 KiB of each response body, which may contain secrets
    #[arg(
        long,
        global = true,
        requires = "debug",
        help_heading = "Output",
        hide_short_help = true
    )]
    pub(crate) debug_bodies: bool,

    /// Show only results and errors
    #[arg(
        long,
        short = 'q',
        global = true,
        conflicts_with = "debug",
        help_heading = "Output"
    )]
    pub(crate) quiet: bool,

    /// Fail if the whole command takes longer than this, such as 90s, 10m or 2h
    #[arg(long, global = true, value_name = "TIME", value_parser = limit, env = "ORAS_TIMEOUT", help_heading = "How", hide_short_help = true)]
    pub(crate) timeout: Option<Duration>,

    /// Fail if a registry sends nothing for this long; by default 60s, and 30s for a connection
    #[arg(long, global = true, value_name = "TIME", value_parser = limit, env = "ORAS_STALL_TIMEOUT", help_heading = "How", hide_short_help = true)]
    pub(crate) stall_timeout: Option<Duration>,

    /// Whether to follow the registries.conf, certs.d and policy.json of podman, skopeo and docker; see 'oras config explain'
    #[arg(
        long,
        global = true,
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_value = "true",
        default_missing_value = "true",
        value_parser = BoolishValueParser::new(),
        action = ArgAction::Set,
        env = SYSTEM_CONFIG,
        help_heading = "How",
        hide_short_help = true
    )]
    pub(crate) system_config: bool,

    /// Accepted for compatibility: every step is reported anyway
    #[arg(long, short = 'v', global = true, hide = true)]
    pub(crate) verbose: bool,
}

/// The exit codes, for the help.
const EXIT_CODES: &str = "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not found, 4 denied or not logged in, 5 unreachable or timed out, \
6 failed verification, 129, 130 and 143 interrupted by SIGHUP, SIGINT and SIGTERM";

#[derive(Subcommand, Clone)]
pub(crate) enum Command {
    /// Push files as an artifact
    Push(push::Push),
    /// Pull an artifact's files
    Pull(pull::Pull),
    /// Attach files to an existing artifact
    Attach(attach::Attach),
    /// Show what is attached to an artifact
    Discover(discover::Discover),
    /// Copy an artifact from one place to another
    #[command(visible_alias = "copy")]
    Cp(cp::Cp),
    /// Keep repositories in sync, following a plan in a file
    ///
    /// A tag that is up to date costs one request at each place. A failure does not stop the rest: all failures are reported
    /// at the end, and the exit code is that of the first. Nothing is removed unless a job in the plan asks for it.
    Sync(sync::Sync),
    /// Back up tags of repositories to an image layout
    ///
    /// The tags of one repository keep their names. Those of several are prefixed with it: registry/repository:tag.
    /// Shared content is fetched and stored once. A failure does not stop the rest: all failures are reported at the end,
    /// and the exit code is that of the first.
    Backup(backup::Backup),
    /// Restore tags from a backup to repositories
    ///
    /// A backup of one repository is restored to the repository you name. The repositories in a backup of several keep their
    /// paths below the registry or namespace you name, and shared content is sent once.
    Restore(restore::Restore),
    /// Verify an artifact and its referrers by reading and hashing all content
    ///
    /// Nothing is written. The exit code is 0 if all content is present and intact, 6 if some is damaged or missing, and 3
    /// if the artifact itself is missing.
    Verify(verify::Verify),
    /// Add tags to an artifact
    Tag(tag::Tag),
    /// Resolve a tag to a digest
    #[command(visible_alias = "digest")]
    Resolve(resolve::Resolve),
    /// Work with manifests
    #[command(subcommand)]
    Manifest(manifest::Manifest),
    /// Work with blobs
    #[command(subcommand)]
    Blob(blob::Blob),
    /// Work with repositories
    #[command(subcommand, visible_alias = "repository")]
    Repo(repo::Repo),
    /// Maintain an OCI image layout
    #[command(subcommand)]
    Layout(layout::Layout),
    /// Log in to a registry
    Login(login::Login),
    /// Log out from a registry
    Logout(logout::Logout),
    /// Inspect credentials
    #[command(subcommand)]
    Auth(auth::Auth),
    /// Inspect the configuration of podman, skopeo and docker
    #[command(subcommand)]
    Config(config::Config),
    /// Run a registry
    #[command(subcommand)]
    Registry(serve::Registry),
    /// Print a shell completion script for commands, flags, repositories and tags
    Completion(completion::Completion),
    /// Show the version and build details
    Version(version::Version),
    /// Write the manual pages
    #[command(hide = true)]
    Man(man::Man),
}
