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

    /// Log what is done, to stderr
    #[arg(long, short = 'd', global = true, env = "ORAS_DEBUG", value_parser = FalseyValueParser::new(), help_heading = "Output")]
    pub(crate) debug: bool,

    /// With --debug, log the first 4 KiB of what registries answer, too, which may hold secrets
    #[arg(
        long,
        global = true,
        requires = "debug",
        help_heading = "Output",
        hide_short_help = true
    )]
    pub(crate) debug_bodies: bool,

    /// Tell only results and failures
    #[arg(
        long,
        short = 'q',
        global = true,
        conflicts_with = "debug",
        help_heading = "Output"
    )]
    pub(crate) quiet: bool,

    /// Give up when the whole command takes longer than this, such as 90s, 10m or 2h
    #[arg(long, global = true, value_name = "TIME", value_parser = limit, env = "ORAS_TIMEOUT", help_heading = "How", hide_short_help = true)]
    pub(crate) timeout: Option<Duration>,

    /// Give up on a registry that is silent for this long; 60s by default, and 30s for a connection
    #[arg(long, global = true, value_name = "TIME", value_parser = limit, env = "ORAS_STALL_TIMEOUT", help_heading = "How", hide_short_help = true)]
    pub(crate) stall_timeout: Option<Duration>,

    /// Follow registries.conf, certs.d and policy.json of podman, skopeo and docker, or not; 'oras config explain' shows what they say
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

    /// What was said of everything is said anyway
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
    /// Attach files to an artifact that is there already
    Attach(attach::Attach),
    /// Show what is attached to an artifact
    Discover(discover::Discover),
    /// Copy an artifact from one place to another
    #[command(visible_alias = "copy")]
    Cp(cp::Cp),
    /// Keep many repositories like others, by a plan in a file
    ///
    /// A tag that is the same at both places costs one question at each. What fails ends nothing else: it is told in the end,
    /// and the exit code says so. Nothing is removed unless a job of the plan says so.
    Sync(sync::Sync),
    /// Back up tags of repositories to an image layout
    ///
    /// The tags of one repository keep their names. Those of many are named with their repository: registry/repository:tag.
    /// Content that they share is fetched and kept once. What fails ends nothing else: it is told in the end, and the exit
    /// code says so.
    Backup(backup::Backup),
    /// Restore tags of a backup to repositories
    ///
    /// A backup of one repository becomes the one that is named. The repositories of a backup of many keep their paths below
    /// the registry or the namespace that is named, and what they share is sent once.
    Restore(restore::Restore),
    /// Read and hash all of an artifact, and what is attached to it
    ///
    /// Nothing is written. The exit code is 0 when everything is there and whole, 6 when something is damaged or missing,
    /// and 3 when that is the artifact itself.
    Verify(verify::Verify),
    /// Give an artifact more tags
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
    /// Look after an OCI image layout
    #[command(subcommand)]
    Layout(layout::Layout),
    /// Log in to a registry
    Login(login::Login),
    /// Log out from a registry
    Logout(logout::Logout),
    /// Look at credentials
    #[command(subcommand)]
    Auth(auth::Auth),
    /// Look at the configuration of podman, skopeo and docker
    #[command(subcommand)]
    Config(config::Config),
    /// Run a registry
    #[command(subcommand)]
    Registry(serve::Registry),
    /// Print what makes a shell complete commands, flags, repositories and tags
    Completion(completion::Completion),
    /// Show the version, and what the program was built with
    Version(version::Version),
    /// Write the manual pages
    #[command(hide = true)]
    Man(man::Man),
}
