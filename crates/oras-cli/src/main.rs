//! The `oras` program.

mod annotated;
mod args;
mod block;
mod causes;
mod chosen;
mod cli;
mod clients;
mod columns;
mod command;
mod complete;
mod config_file;
mod connection;
mod deadline;
mod duration;
mod failure;
mod files;
mod format;
mod formats;
mod help;
mod hint;
mod indent;
mod known;
mod layouts;
mod login;
mod many;
mod names;
mod output;
mod pipe;
mod place;
mod planned;
mod printable;
mod progress;
mod referrers;
mod removal;
mod say;
mod secrets;
mod signals;
mod sink;
mod stdin;
mod store;
mod system;
mod table;
mod tags;
mod template;
mod tree;
mod untagging;
mod uploads;
mod usage;
mod verification;
mod watch;

use std::process::ExitCode;
use std::time::Duration;

use clap::FromArgMatches;

use crate::cli::Cli;
use crate::failure::Failure;

/// How long the program waits at its end for work that cannot be cancelled, such as a file system call.
const LAST_WAIT: Duration = Duration::from_secs(2);

fn main() -> ExitCode {
    if complete::answer() {
        return ExitCode::SUCCESS;
    }
    let matches = help::matches();
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    if cli.quiet {
        say::set_level(say::Level::Failures);
    }
    if let Some(limit) = cli.stall_timeout {
        connection::set_stall_limit(limit);
    }
    system::follow(cli.system_config);
    logging(&cli);
    if let Err(error) = template::choose(&matches) {
        return failed(&Failure::Error(error));
    }
    if cli.verbose {
        say::note("Warning: --verbose is deprecated: --debug tells more");
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            say::line(format!("Error: cannot start: {error}"));
            return ExitCode::FAILURE;
        }
    };
    let done = runtime.block_on(command::run(cli.command, cli.timeout));
    runtime.shutdown_timeout(LAST_WAIT);
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failed(&failure),
    }
}

fn failed(failure: &Failure) -> ExitCode {
    match failure {
        Failure::Interrupted(_) => say::over(failure.to_string()),
        Failure::Error(_) => say::line(format!("Error: {failure}")),
    }
    ExitCode::from(failure.exit_code())
}

/// The log filter of `--debug`.
const DEBUG: &str = "oras=debug,oras_registry=debug,oras_transport=debug,oras_auth=debug,oras_copy=debug";

/// Sets up logging to stderr: warnings by default, everything with `--debug`, only errors with `--quiet`.
fn logging(cli: &Cli) {
    let level = match (cli.debug, cli.quiet) {
        (true, _) if cli.debug_bodies => &format!("{DEBUG},oras_transport::body=trace"),
        (true, _) => DEBUG,
        (false, true) => "error",
        (false, false) => "warn",
    };
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::new(level))
        .with_writer(say::Log)
        .with_ansi(false)
        .with_target(false)
        .without_time()
        .init();
}
