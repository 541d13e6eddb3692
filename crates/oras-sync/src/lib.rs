//! Keeping many repositories and image layouts in sync with others: mirrors.
//!
//! A [`SyncPlan`] has jobs. Each has a source, a destination and a selection of tags. All jobs share one concurrency limit
//! and one table of blobs, so that a blob that one repository of a registry has is mounted by the next. An unchanged tag
//! costs one request at each side, and a failure does not stop other tags. Nothing is deleted unless a [`Job`] asks for it.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use std::sync::Arc;
//!
//! use async_trait::async_trait;
//! use oras_content::{Store, StoreExt, WriterExt};
//! use oras_memory::MemoryStore;
//! use oras_pack::{ManifestVersion, PackOptions, pack_manifest};
//! use oras_sync::{BoxError, Job, Place, Places, SyncOptions, SyncPlan, sync};
//!
//! struct Stores {
//!     here: MemoryStore,
//!     there: MemoryStore,
//! }
//!
//! #[async_trait]
//! impl Places for Stores {
//!     async fn source(&self, _: &Place) -> Result<Arc<dyn Store>, BoxError> {
//!         Ok(Arc::new(self.here.clone()))
//!     }
//!
//!     async fn destination(&self, _: &Place, _dry_run: bool) -> Result<Arc<dyn Store>, BoxError> {
//!         Ok(Arc::new(self.there.clone()))
//!     }
//!
//!     async fn repositories(&self, registry: &str) -> Result<Vec<String>, BoxError> {
//!         Err(format!("{registry} is no registry").into())
//!     }
//! }
//!
//! let stores = Stores { here: MemoryStore::new(), there: MemoryStore::new() };
//! let packed = pack_manifest(&stores.here, ManifestVersion::V1_1, "text/x", PackOptions::default()).await?;
//! stores.here.tag(&packed, "v1").await?;
//!
//! let place = |name: &str| Place::Repository(name.to_owned());
//! let plan = SyncPlan::new([Job::new(place("here"), place("there"))]);
//! let report = sync(&plan, &stores, &SyncOptions::default()).await;
//! assert!(report.is_done());
//! assert_eq!(stores.there.resolve("v1").await?.digest, packed.digest);
//! # Ok(())
//! # }
//! ```

mod ages;
mod blobs;
mod choosing;
mod claimed;
mod compare;
mod copying;
mod dates;
mod deletion;
mod error;
mod file;
mod glob;
mod job;
mod moment;
mod names;
mod naming;
mod once;
mod options;
mod overlap;
mod pair;
mod places;
mod range;
mod rename;
mod report;
mod run;
mod selection;
mod sharing;
mod state;
mod turns;
mod version;

pub use dates::Dates;
pub use error::SyncError;
pub use file::{Connection, FileError, FileNotice, FileOptions, SyncFile, Tls};
pub use glob::Glob;
pub use job::{Job, Place, Referrers};
pub use moment::{InvalidMoment, Moment};
pub use names::{NamePattern, Names};
pub use options::SyncOptions;
pub use places::{BoxError, Places};
pub use range::{InvalidVersionRange, VersionRange};
pub use rename::{InvalidRename, Rename};
pub use report::{JobReport, Report, TagAction, TagReport};
pub use run::{SyncPlan, sync};
pub use selection::{Age, Newest, TagFilter, TagSelection};
pub use state::{State, StateError};
pub use version::{InvalidVersion, Version};

/// The example of this crate's README, run as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
