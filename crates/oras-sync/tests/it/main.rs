//! Keeping repositories of a registry in process the same, with what that costs in requests.
#![allow(clippy::unwrap_used)]

mod aging;
mod deleting;
mod every_request;
mod failing;
mod files;
mod hostile;
mod keeping;
mod renaming;
mod selecting;
mod states;
mod together;
mod world;
