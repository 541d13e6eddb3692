//! A behaviour suite for stores, and two example stores to start from.
//!
//! A store declares its capabilities by the methods of [`Store`](oras_content::Store). The [`Suite`] checks that the
//! store keeps the promises of the traits. For every store, it checks that content is stored once, returned unchanged,
//! and either complete or not present at all. Each capability is checked if it is declared with one of the `with_…`
//! methods.
//!
//! - `examples/read_only.rs` is a read-only store: two methods, some twenty-five lines.
//! - `examples/full.rs` is a writable store of some seventy lines that passes the suite.
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
mod interrupted;
mod manifest;
mod name;
mod range;
mod reference;
mod removal;
mod resumed;
mod sample;
mod stage;
mod suite;

pub use interrupted::Interrupted;
pub use suite::Suite;

/// Compiles the README's example as a doctest.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
