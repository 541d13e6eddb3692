//! An in-memory store for OCI content.
//!
//! Content is kept until the last clone of the [`MemoryStore`] is dropped; nothing is evicted. [`MemoryOptions::limit`]
//! bounds the total size.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), oras_content::Error> {
//! use oras_content::{MediaType, StoreExt, WriterExt};
//! use oras_memory::MemoryStore;
//!
//! let store = MemoryStore::new();
//! let hello = store.push_bytes(MediaType::from_static("text/plain"), "hello").await?;
//! assert_eq!(store.fetch_all(&hello, 1024).await?.bytes(), "hello");
//! # Ok(())
//! # }
//! ```

mod options;
mod room;
mod staged;
mod state;
mod store;

pub use options::MemoryOptions;
pub use store::MemoryStore;

/// Compiles the README's example as a doctest.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
