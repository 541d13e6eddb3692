//! What the crate promises to callers, seen from outside.
#![allow(clippy::unwrap_used, clippy::clone_on_ref_ptr)]

mod basic;
mod bearer;
mod cache;
mod challenge;
mod config;
mod config_write;
mod containers;
mod double;
mod fake;
#[cfg(unix)]
mod helper;
mod identity;
mod keys;
mod log;
mod logs;
mod readiness;
mod realm;
mod redirect;
mod secrets;
mod sockets;
mod token_cache;
mod token_server;
