//! A registry that misbehaves, as clients see it: raw HTTP in, raw HTTP out.
#![allow(clippy::unwrap_used)]

// What the tests of the registry itself have, too.
#[allow(dead_code)]
#[path = "../../../oras-server/tests/it/client.rs"]
mod client;
mod fault_http2;
mod fault_requests;
mod fault_wire;
mod faults;
mod journal;
mod quirks;
mod redirects;
mod scripts;
#[allow(dead_code)]
#[path = "../../../oras-server/tests/it/setup.rs"]
mod setup;
