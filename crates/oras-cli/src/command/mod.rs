//! Commands: one file each.

pub(crate) mod attach;
pub(crate) mod blob;
pub(crate) mod cp;
pub(crate) mod discover;
pub(crate) mod login;
pub(crate) mod logout;
pub(crate) mod manifest;
pub(crate) mod pull;
pub(crate) mod push;
pub(crate) mod repo;
pub(crate) mod resolve;
pub(crate) mod serve;
pub(crate) mod tag;

use crate::cli::Command;
use crate::failure::Failure;
use crate::format;
use crate::signals::until_interrupted;

pub(crate) async fn run(command: Command) -> Result<(), Failure> {
    match command {
        // A server is told to stop as well, but ends what is under way first.
        Command::Registry(command) => command.run().await.map_err(Failure::Error),
        command => until_interrupted(Box::pin(dispatch(command))).await,
    }
}

async fn dispatch(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Push(command) => command.run().await,
        Command::Pull(command) => command.run().await,
        Command::Attach(command) => command.run().await,
        Command::Discover(command) => command.run().await,
        Command::Cp(command) => command.run().await,
        Command::Tag(command) => command.run().await,
        Command::Resolve(command) => command.run().await,
        Command::Manifest(command) => command.run().await,
        Command::Blob(command) => command.run().await,
        Command::Repo(command) => command.run().await,
        Command::Login(command) => command.run().await,
        Command::Logout(command) => command.run().await,
        Command::Registry(command) => command.run().await,
        Command::Version => format::line(format!("oras {}", env!("CARGO_PKG_VERSION"))),
    }
}
