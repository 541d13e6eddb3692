//! Copying OCI artifacts and their graphs between any two stores.
//!
//! Children are copied before their parents and the tag comes last, so a tag never points to incomplete content. An
//! interrupted copy can be run again to complete it. Nothing is spawned: dropping the future ends the copy.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use oras_content::{StoreExt, WriterExt};
//! use oras_copy::{CopyOptions, copy};
//! use oras_memory::MemoryStore;
//! use oras_pack::{ManifestVersion, PackOptions, pack_manifest};
//!
//! let here = MemoryStore::new();
//! let packed = pack_manifest(&here, ManifestVersion::V1_1, "text/x", PackOptions::default()).await?;
//! here.tag(&packed, "v1").await?;
//!
//! let there = MemoryStore::new();
//! copy(&here, "v1", &there, "latest", &CopyOptions::default()).await?;
//! assert_eq!(there.resolve("latest").await?.digest, packed.digest);
//! # Ok(())
//! # }
//! ```

mod copy;
mod discovery;
mod engine;
mod error;
mod events;
mod extended;
mod fetch;
mod filter;
mod lend;
mod names;
mod neighbours;
mod options;
mod plan;
mod platform;
mod recheck;
mod referrers;
mod selection;
mod slots;
mod tag;
mod tags;
mod untag;
mod verifier;
mod width;

pub use copy::{copy, copy_graph};
pub use error::{CopyError, Operation, Side};
pub use events::{Event, Events, Outcome, Totals};
pub use extended::{extended_copy, extended_copy_graph};
pub use fetch::{FetchOptions, fetch, fetch_bytes, resolve};
pub use filter::ReferrerFilter;
pub use neighbours::{find_predecessors, find_successors};
pub use options::{CopyOptions, CopyTagsOptions, ExtendedCopyOptions, METADATA_CONCURRENCY};
pub use plan::{Action, Plan, Step, plan, plan_extended};
pub use recheck::Recheck;
pub use selection::{Choice, Selection};
pub use slots::Slots;
pub use tag::{tag, tag_bytes, tag_n};
pub use tags::{CopiedTag, CopyTags};
pub use untag::{UntagError, untag};
pub use verifier::{Subject, Verifier};

/// Compiles the README's example as a doctest.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
