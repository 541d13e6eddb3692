//! OCI artifacts: push, pull, copy, attach and discover across registries, image layouts, files and memory.
//!
//! This crate adds nothing of its own. Each module is a crate that can be used alone; the types that nearly every
//! program needs are here at the top.
//!
//! | to do this | use |
//! |---|---|
//! | name content: digests, descriptors, references, manifests | [`content`] |
//! | keep content in memory, in an OCI image layout, as plain files | [`memory`], [`layout`], [`file`](mod@file) |
//! | talk to a registry | [`registry`], with [`auth`] and [`transport`] |
//! | build a manifest | [`pack`] |
//! | move graphs between any two stores | [`copy`](mod@copy) |
//!
//! # Example
//!
//! Pack a file's content as an artifact, attach a signature to it, and copy both:
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use oras::{ExtendedCopyOptions, extended_copy};
//! use oras::{ManifestVersion, MediaType, MemoryStore, PackOptions, WriterExt, pack_manifest};
//!
//! let store = MemoryStore::new();
//! let layer = store.push_bytes(MediaType::from_static("text/plain"), "hello").await?;
//! let artifact = PackOptions::default().with_layers([layer]);
//! let artifact = pack_manifest(&store, ManifestVersion::V1_1, "application/vnd.example", artifact).await?;
//! store.tag(&artifact, "v1").await?;
//!
//! let signature = PackOptions::default().with_subject(artifact);
//! pack_manifest(&store, ManifestVersion::V1_1, "application/vnd.example.signature", signature).await?;
//!
//! let elsewhere = MemoryStore::new();
//! extended_copy(&store, "v1", &elsewhere, "v1", &ExtendedCopyOptions::default()).await?;
//! # Ok(())
//! # }
//! ```

#[doc(inline)]
pub use oras_auth as auth;
#[doc(inline)]
pub use oras_content as content;
#[doc(inline)]
pub use oras_copy as copy;
#[doc(inline)]
pub use oras_file as file;
#[doc(inline)]
pub use oras_layout as layout;
#[doc(inline)]
pub use oras_memory as memory;
#[doc(inline)]
pub use oras_pack as pack;
#[doc(inline)]
pub use oras_registry as registry;
#[doc(inline)]
pub use oras_transport as transport;

pub use oras_content::{
    Annotations, Content, ContentLister, Deleter, Descriptor, Digest, Error, ErrorKind, Manifest, MediaType,
    Name, Payload, Platform, PredecessorFinder, PushOptions, Pushed, Reference, Stager, Store, StoreExt, Tag,
    TagLister, Untagger, Verified, VerifiedContent, Writer, WriterExt,
};
pub use oras_copy::{
    CopyError, CopyOptions, ExtendedCopyOptions, Selection, copy, copy_graph, extended_copy,
    extended_copy_graph, tag, tag_n,
};
pub use oras_file::{FileStore, FromPath};
pub use oras_layout::{LayoutStore, TarLayout};
pub use oras_memory::MemoryStore;
pub use oras_pack::{ManifestVersion, PackError, PackOptions, pack_manifest};
pub use oras_registry::{Client, ClientOptions, Registry, RegistryOptions, Repository};

/// The example of the README, so that it cannot rot.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;

/// The example of the README of this crate, so that it cannot rot.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct CrateReadme;
