//! A repository against the embedded registry, and against servers that answer as no registry should.
#![allow(clippy::unwrap_used)]

mod access;
mod budget;
mod chunks;
mod conformance;
mod copies;
mod dropped;
mod endpoints;
mod hostile;
mod learnt;
mod link;
mod listing;
mod place;
mod quirks;
mod referrers;
mod resumed;
mod service;
mod transfer;
mod uploads;
