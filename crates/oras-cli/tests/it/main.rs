//! The `oras` program as a user runs it.
#![allow(clippy::unwrap_used)]

mod absent;
mod all_tags;
mod any_name;
mod archives;
mod auth;
mod backup;
mod bad_input;
mod blobs;
mod completion;
mod config;
#[cfg(unix)]
mod configuration;
mod damaged;
mod endless;
mod every_request;
mod flags;
mod folders;
mod help;
mod hostile;
mod http;
#[cfg(unix)]
mod in_the_way;
mod indexes;
mod job;
#[cfg(unix)]
mod jobs;
mod killed;
mod layout;
mod login;
mod manifests;
mod many;
mod members;
mod mistakes;
mod names;
#[cfg(unix)]
mod page;
mod pipes;
#[cfg(unix)]
mod planted;
mod platforms;
mod progress;
#[cfg(target_os = "linux")]
mod pty;
#[cfg(unix)]
mod read_only;
mod results;
mod resumed;
mod run;
mod schemas;
mod serve;
mod shell;
#[cfg(unix)]
mod streams;
mod sync;
mod system_config;
mod tags;
#[cfg(target_os = "linux")]
mod terminal;
mod timeouts;
mod tls;
mod token_servers;
#[cfg(target_os = "linux")]
mod transcripts;
mod untag;
#[cfg(unix)]
mod untouched;
mod verify;
#[cfg(unix)]
mod whole_folder;
