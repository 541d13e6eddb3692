//! Builds and pushes OCI manifests, byte for byte as the rest of the ecosystem does.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use oras_content::{MediaType, WriterExt};
//! use oras_memory::MemoryStore;
//! use oras_pack::{ManifestVersion, PackOptions, pack_manifest};
//!
//! let store = MemoryStore::new();
//! let layer = store.push_bytes(MediaType::from_static("text/plain"), "hello").await?;
//! let options = PackOptions::default().with_layers([layer]);
//! let manifest = pack_manifest(&store, ManifestVersion::V1_1, "application/vnd.example+type", options).await?;
//! store.tag(&manifest, "v1").await?;
//! # Ok(())
//! # }
//! ```

mod artifact;
mod created;
mod error;
mod options;
mod pack;

pub use error::PackError;
pub use options::{ManifestVersion, PackOptions};
pub use pack::{UNKNOWN_ARTIFACT, UNKNOWN_CONFIG, pack_manifest};

/// Compiles the README's example as a doctest.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
