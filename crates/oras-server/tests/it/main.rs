//! The registry as clients see it: raw HTTP in, raw HTTP out, over every backend.
#![allow(clippy::unwrap_used)]

mod access;
mod ailing;
mod backends;
mod blobs;
mod challenges;
mod chunks;
mod client;
mod concurrent;
mod conditions;
mod connections;
mod deletes;
mod hostile;
mod htpasswd;
mod layers;
mod layout_check;
mod listings;
mod log;
mod manifest_push;
mod manifests;
mod mounts;
mod namespaces;
mod overlay;
mod protocol;
mod ranges;
mod referrers;
mod restarts;
mod secrets;
#[cfg(feature = "self-signed")]
mod secured;
mod setup;
#[cfg(feature = "self-signed")]
mod tls;
mod token_endpoint;
mod tokens;
mod uploads;
