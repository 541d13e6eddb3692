//! The repository client against the embedded registry, and against servers that violate the protocol.
#![allow(clippy::unwrap_used)]

mod access;
mod answers;
mod budget;
mod chunks;
mod conformance;
mod copies;
mod dropped;
mod dropped_calls;
mod endpoints;
mod heads;
mod hostile;
mod learnt;
mod link;
mod listing;
mod mounts;
mod pairs;
mod parallel;
mod place;
mod protocol;
mod quirks;
mod records;
mod referrers;
mod referrers_unsure;
mod requests;
mod resumed;
mod service;
mod sessions;
mod soak;
mod tag_schema;
mod transfer;
mod uploads;
