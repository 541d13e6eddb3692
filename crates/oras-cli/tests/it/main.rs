//! The `oras` program, as a person runs it.
#![allow(clippy::unwrap_used)]

mod absent;
mod any_name;
mod archives;
mod bad_input;
mod blobs;
mod completion;
mod damaged;
mod endless;
mod flags;
mod folders;
mod help;
mod hostile;
mod http;
mod indexes;
mod job;
mod killed;
mod layout;
mod login;
mod manifests;
mod mistakes;
mod names;
mod pipes;
#[cfg(unix)]
mod read_only;
mod results;
mod run;
mod serve;
#[cfg(unix)]
mod streams;
#[cfg(target_os = "linux")]
mod terminal;
mod tls;
mod token_servers;
#[cfg(unix)]
mod untouched;
