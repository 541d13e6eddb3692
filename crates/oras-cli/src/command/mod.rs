//! Commands: one file each.

pub(crate) mod attach;
pub(crate) mod auth;
pub(crate) mod backup;
pub(crate) mod blob;
pub(crate) mod completion;
pub(crate) mod config;
pub(crate) mod cp;
pub(crate) mod discover;
pub(crate) mod layout;
pub(crate) mod login;
pub(crate) mod logout;
pub(crate) mod man;
pub(crate) mod manifest;
pub(crate) mod pull;
pub(crate) mod push;
pub(crate) mod repo;
pub(crate) mod resolve;
pub(crate) mod restore;
pub(crate) mod serve;
pub(crate) mod sync;
pub(crate) mod tag;
pub(crate) mod verify;
pub(crate) mod version;

use crate::causes::expects_tls;
use std::time::Duration;

use crate::cli::Command;
use crate::deadline::Deadline;
use crate::failure::Failure;
use crate::signals::until_interrupted;
use crate::usage::Usage;
use crate::{say, stdin, store};

/// Runs a command, within a time limit if there is one.
pub(crate) async fn run(command: Command, limit: Option<Duration>) -> Result<(), Failure> {
    let deadline = Deadline::after(limit);
    match command {
        // A server also gets a stop signal, but first finishes its current requests.
        Command::Registry(_) if limit.is_some() => Err(Failure::Error(Usage::error(
            "a registry runs until it is stopped: remove --timeout, and unset ORAS_TIMEOUT",
        ))),
        Command::Registry(command) => command.run().await.map_err(Failure::Error),
        command => {
            let done = until_interrupted(Box::pin(deadline.run(dispatch(command.clone())))).await;
            let done = match speaks_tls_here(&done) {
                true => until_interrupted(Box::pin(deadline.run(dispatch(command)))).await,
                false => done,
            };
            stdin::discard();
            done
        }
    }
}

/// Whether a local registry was contacted over plain HTTP by default but expects TLS. From now on TLS is used for it.
fn speaks_tls_here(done: &Result<(), Failure>) -> bool {
    let Err(Failure::Error(error)) = done else {
        return false;
    };
    let Some(origin) = expects_tls(error) else {
        return false;
    };
    let host = origin.host_port();
    let is_new = store::use_tls(&host);
    if is_new {
        say::note(format!(
            "{host} speaks TLS, not plain HTTP: trying again with TLS"
        ));
    }
    is_new
}

async fn dispatch(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Push(command) => command.run().await,
        Command::Pull(command) => command.run().await,
        Command::Attach(command) => command.run().await,
        Command::Discover(command) => command.run().await,
        Command::Cp(command) => command.run().await,
        Command::Sync(command) => command.run().await,
        Command::Backup(command) => command.run().await,
        Command::Restore(command) => command.run().await,
        Command::Verify(command) => command.run().await,
        Command::Tag(command) => command.run().await,
        Command::Resolve(command) => command.run().await,
        Command::Manifest(command) => command.run().await,
        Command::Blob(command) => command.run().await,
        Command::Repo(command) => command.run().await,
        Command::Layout(command) => command.run().await,
        Command::Login(command) => command.run().await,
        Command::Logout(command) => command.run().await,
        Command::Auth(command) => command.run().await,
        Command::Config(command) => command.run(),
        Command::Registry(command) => command.run().await,
        Command::Completion(command) => command.run().await,
        Command::Version(command) => command.run().await,
        Command::Man(command) => command.run().await,
    }
}
