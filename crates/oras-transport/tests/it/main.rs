//! The layers over a double that answers from a script and keeps what it was sent.
#![allow(clippy::unwrap_used)]

mod double;
mod limit;
mod redirect;
mod retry;
mod wire;
