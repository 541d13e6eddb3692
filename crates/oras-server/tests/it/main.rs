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
#[cfg(feature = "faults")]
mod fault_http2;
#[cfg(feature = "faults")]
mod fault_requests;
#[cfg(feature = "faults")]
mod fault_wire;
#[cfg(feature = "faults")]
mod faults;
mod hostile;
mod htpasswd;
mod journal;
mod layout_check;
mod listings;
mod log;
mod manifest_push;
mod manifests;
mod mounts;
mod namespaces;
mod overlay;
mod protocol;
#[cfg(feature = "faults")]
mod quirks;
mod ranges;
#[cfg(feature = "faults")]
mod redirects;
mod referrers;
mod restarts;
#[cfg(feature = "faults")]
mod scripts;
mod secrets;
#[cfg(feature = "self-signed")]
mod secured;
mod setup;
#[cfg(feature = "self-signed")]
mod tls;
mod token_endpoint;
mod tokens;
mod uploads;
