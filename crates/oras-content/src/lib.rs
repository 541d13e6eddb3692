//! Digests, descriptors, references, manifests and the storage traits of ORAS.
//!
//! The foundation of the other crates: the terms of the OCI specifications as types that stay valid once parsed, and
//! storage traits that a store implements one capability at a time. It opens no files and no sockets.
//!
//! ```
//! use oras_content::{Descriptor, Digest, Manifest, MediaType, Verified};
//!
//! let document = br#"{"schemaVersion":2,"manifests":null}"#;
//! let content = Verified::of(MediaType::OCI_INDEX, &document[..]);
//! let index = Manifest::parse(content)?;
//! assert_eq!(index.successors().count(), 0);
//! # Ok::<(), oras_content::Error>(())
//! ```

mod algorithm;
pub mod annotations;
mod content;
mod descriptor;
mod digest;
mod error;
mod error_chain;
mod error_kind;
mod error_subject;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod graph;
mod hash_state;
mod hasher;
mod invalid_reference;
pub mod json;
mod manifest;
mod media_type;
mod name;
#[cfg(feature = "oci-spec")]
pub mod oci_spec;
mod payload;
mod platform;
mod range;
mod ranges;
mod reference;
mod store;
mod verify;
mod verify_error;

pub use algorithm::Algorithm;
pub use annotations::Annotations;
pub use content::{Content, VerifiedContent};
pub use descriptor::Descriptor;
pub use digest::{Digest, InvalidDigest};
pub use error::{BoxError, Error, Result};
pub use error_chain::ErrorChain;
pub use error_kind::ErrorKind;
pub use error_subject::{ErrorSubject, StoreName};
pub use graph::Graph;
pub use hasher::Hasher;
pub use invalid_reference::InvalidReference;
pub use manifest::{ImageIndex, ImageManifest, Manifest};
pub use media_type::{InvalidMediaType, ManifestKind, MediaType};
pub use name::{IntoName, Name, Tag};
pub use payload::{Payload, Reopen};
pub use platform::{InvalidPlatform, Platform};
pub use range::ByteRange;
pub use ranges::ByteRanges;
pub use reference::{Reference, check_registry_name, check_repository_name};
pub use store::{
    Batch, ContentLister, Deleter, Limited, LocalFile, Location, Offered, OpenOptions, OpenUpload, Opened,
    PredecessorFinder, PushOptions, Pushed, ReferrerKeeper, ReferrerLister, ResolveOptions, Resolved,
    StageKey, StageOptions, Staged, Stager, Store, StoreExt, TagListOptions, TagLister, Untagger, Writer,
    WriterExt,
};
pub use verify::{Verified, Verifier};
pub use verify_error::VerifyError;

/// Default upper bound on the size of a manifest: 4 MiB.
///
/// Spec: distribution-spec v1.1, "Pushing Manifests": registries should accept at least 4 megabytes.
pub const MAX_MANIFEST_BYTES: u64 = 4 * 1024 * 1024;

/// Compiles the README's example as a doctest.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
