//! The `oras` program.

mod archive;
mod cli;
mod command;
mod failure;
mod files;
mod format;
mod login;
mod place;
mod progress;
mod signals;
mod store;
mod tree;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::Cli;
use crate::failure::Failure;

fn main() -> ExitCode {
    let cli = Cli::parse();
    logging(cli.debug);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("Error: cannot start: {error}");
            return ExitCode::FAILURE;
        }
    };
    let done = runtime.block_on(command::run(cli.command));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Interrupted(code)) => ExitCode::from(code),
        Err(failure) => {
            eprintln!("Error: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// Logs go to stderr: warnings, or everything there is with `--debug`.
fn logging(debug: bool) {
    let level = if debug {
        "oras=debug,oras_registry=debug,oras_transport=debug,oras_auth=debug,oras_copy=debug"
    } else {
        "warn"
    };
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::new(level))
        .with_writer(std::io::stderr)
        .with_target(false)
        .without_time()
        .init();
}
