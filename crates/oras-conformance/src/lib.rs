//! The behaviour suite that every store passes.
//!
//! A store says which of the storage traits it has; the [`Suite`] checks that it keeps what they promise. What is not
//! declared is not checked.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! use oras_conformance::Suite;
//! use oras_memory::MemoryStore;
//!
//! Suite::new(|| async { MemoryStore::new() })
//!     .with_ranges()
//!     .with_manifests()
//!     .with_names()
//!     .with_predecessors()
//!     .run()
//!     .await;
//! # }
//! ```

mod content;
mod failure;
mod graph;
mod ingest;
mod manifest;
mod name;
mod range;
mod reference;
mod removal;
mod sample;
mod suite;

pub use suite::Suite;

/// The example of the README of this crate, so that it cannot rot.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
