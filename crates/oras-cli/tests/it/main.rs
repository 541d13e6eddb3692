//! The `oras` program, as a person runs it.
#![allow(clippy::unwrap_used)]

mod bad_input;
mod job;
mod login;
mod results;
mod run;
mod serve;
