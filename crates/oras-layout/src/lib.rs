//! OCI image layouts in a folder: content, tags and referrers that survive a crash.
//!
//! Content gets its final name only when it is complete and verified, `index.json` is replaced atomically, and several
//! processes may write to one layout. A killed process leaves only temporary files behind, which a later
//! [`LayoutStore::create`] removes. [`TarLayout`] reads a layout in a tar archive, and [`TarLayoutWriter`] writes one.
//! A [`BlobStore`] is a layout without an index: content by digest alone.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), oras_content::Error> {
//! use oras_content::{Descriptor, ImageManifest, MediaType, StoreExt, WriterExt};
//! use oras_layout::LayoutStore;
//!
//! let dir = tempfile::tempdir().unwrap();
//! let store = LayoutStore::create(dir.path()).await?;
//! store.push_bytes(MediaType::OCI_EMPTY, "{}").await?;
//! let manifest = ImageManifest::new(Descriptor::empty_json()).to_content();
//! let pushed = store.push_bytes(MediaType::OCI_MANIFEST, manifest.bytes().clone()).await?;
//! store.tag(&pushed, "v1").await?;
//!
//! let again = LayoutStore::open(dir.path()).await?;
//! let found = again.resolve("v1").await?;
//! assert_eq!(again.fetch_all(&found, 1024).await?.bytes(), manifest.bytes());
//! # Ok(())
//! # }
//! ```

mod batch;
mod blob_folder;
mod blob_options;
mod blob_store;
mod blobs;
mod cache;
mod check;
mod content;
mod destination;
mod edit;
mod entries;
mod gc;
mod index;
mod index_file;
mod layout;
mod layout_batch;
mod link;
mod listing;
mod marker;
mod nodes;
mod options;
mod part;
mod presence;
mod read_only;
mod reader;
mod referrers;
mod relied;
mod repair;
mod stage;
mod stop;
mod store;
mod tags;
mod tar;
mod turn;
mod walk;
mod writer;

use std::sync::{Mutex, MutexGuard, PoisonError};

pub use oras_fs::Durability;

pub use blob_options::BlobStoreOptions;
pub use blob_store::BlobStore;
pub use check::{CheckOptions, CheckReport, NamedBy, Problem};
pub use gc::{GcOptions, GcReport, Tally};
pub use layout_batch::LayoutBatch;
pub use options::LayoutOptions;
pub use repair::{RepairOptions, RepairReport, Unrepaired};
pub use store::LayoutStore;
pub use tar::{TarLayout, TarLayoutWriter};

/// Ignores poisoning, because every holder makes its change in one step, or starts over from the file.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Compiles the example of the README of this crate.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
