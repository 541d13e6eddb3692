//! The `oras` program, as a person runs it.
#![allow(clippy::unwrap_used)]

mod bad_input;
mod http;
mod job;
mod killed;
mod login;
mod results;
mod run;
mod serve;
