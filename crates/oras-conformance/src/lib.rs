//! The behaviour suite that every store passes, and two stores to start your own from.
//!
//! A store says what it can do by the methods of [`Store`](oras_content::Store). The [`Suite`] checks that it keeps what
//! the traits promise: of every store that content goes in once, comes out the same and is there as a whole or not at
//! all, and of each capability what is declared with one of the `with_…` methods.
//!
//! - `examples/read_only.rs` is a store that is read: two methods, some twenty-five lines.
//! - `examples/full.rs` is a store that is written as well, some seventy lines, and passes the suite.
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

/// The example of the README of this crate, so that it cannot rot.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
