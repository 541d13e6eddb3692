//! What the crate promises to callers, seen from outside.
#![allow(clippy::unwrap_used)]

mod certs;
mod environment;
mod folders;
mod lookaside;
mod policy;
mod precedence;
mod registries;
mod robust;
mod short_names;
