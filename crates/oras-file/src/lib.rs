//! Named files as OCI content: the store behind push and pull.
//!
//! A [`FileStore`] is a folder. Files [added](FileStore::add) to it can be copied to a registry, and content whose
//! descriptor has a title is written to a file of that name. Folders are packed when added and unpacked when written;
//! [`push_folder`](FileStore::push_folder) packs one straight into another store. Manifests and other content without a
//! title are kept in memory, or in [another store](FileStore::with_fallback). The files outlive the store; its
//! knowledge of them does not.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), oras_content::Error> {
//! use oras_content::{StoreExt, WriterExt};
//! use oras_file::FileStore;
//!
//! let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
//! std::fs::write(from.path().join("hello.txt"), "hello").unwrap();
//! let source = FileStore::new(from.path());
//! let hello = source.add("hello.txt", None, None).await?;
//! assert_eq!(hello.title(), Some("hello.txt"));
//!
//! let content = source.fetch_all(&hello, 1024).await?;
//! FileStore::new(to.path()).push(&hello, content).await?;
//! assert_eq!(std::fs::read_to_string(to.path().join("hello.txt")).unwrap(), "hello");
//! # Ok(())
//! # }
//! ```

mod add;
mod fallback;
mod folder;
mod folder_push;
mod options;
mod packing;
mod parent;
mod place;
mod push;
mod reader;
mod source;
mod stage;
mod state;
mod store;
mod temp;
mod title;
mod writer;

pub use oras_archive::{Compression, Modes, PackOptions, Times};
pub use oras_fs::Durability;

pub use options::FileOptions;
pub use source::{FromPath, describe_file, open_range};
pub use store::FileStore;

/// Compiles the README's example as a doctest.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
