//! OCI artifacts: push, pull, copy, attach and discover across registries, image layouts, files and memory.
//!
//! | to do this | use |
//! |---|---|
//! | talk to a registry | [`Client`], which returns a [`Repository`] for a name, and a [`Registry`] for a host |
//! | log in to it | [`EnvironmentCredentials`], [`DockerConfig`], [`StaticCredentials`], or a [`CredentialProvider`] of your own, in [`ClientOptions`] |
//! | configure connections | [`TransportOptions`], `TlsOptions`, [`RetryOptions`]; mirrors of a registry: [`Endpoints`] |
//! | pull into files, push files | [`FileStore`] |
//! | keep artifacts in a folder or a tar file | [`LayoutStore`], [`TarLayout`] |
//! | keep content by digest only | [`BlobStore`] |
//! | keep them in memory | [`MemoryStore`] |
//! | build a manifest, attach one to another | [`pack_manifest`], [`PackOptions::with_subject`] |
//! | read a store: resolve, fetch, list referrers | [`StoreExt`] |
//! | write to one: push, tag | [`WriterExt`] |
//! | copy an artifact between any two stores | [`copy()`] |
//! | copy it with everything attached to it | [`extended_copy`] |
//! | copy only some referrers | a [`ReferrerFilter`], in [`ExtendedCopyOptions`] |
//! | leave content out of a copy, or add to it | a [`Selection`], in [`CopyOptions`] |
//! | copy only what a policy or a signature permits | a [`copy::Verifier`], in [`CopyOptions`] |
//! | show progress | [`Events`], in [`CopyOptions`] |
//! | see what a copy would do | [`plan`], [`plan_extended`] |
//! | handle errors | [`Error::kind`]; for a copy, [`CopyError`] also has the [`Side`] |
//!
//! # Example
//!
//! Pack an artifact, attach a signature to it, and copy both:
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
//!
//! Either store can be any other, such as a repository for which `docker login` was run:
//!
//! ```no_run
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use std::sync::Arc;
//!
//! use oras::{Client, ClientOptions, CopyOptions, DockerConfig, FileStore, copy};
//!
//! let logins = Arc::new(DockerConfig::from_environment()?);
//! let client = Client::new(ClientOptions::default().with_credentials(logins))?;
//! let repository = client.repository("registry.example/docs")?;
//! copy(&repository, "v1", &FileStore::new("out"), "v1", &CopyOptions::default()).await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Modules
//!
//! This crate adds only blocking calls and the configuration of this machine. Each module is a crate of its own, and
//! has more items than are re-exported here. Names that several of them use are found only in the modules: the
//! top-level [`Error`] is that of the stores, and [`auth::Error`], [`transport::Error`], [`auth::Action`],
//! [`copy::Action`], [`content::Verifier`] and [`copy::Verifier`] are in their modules.
//!
//! | module | holds |
//! |---|---|
//! | [`content`] | digests, descriptors, references, manifests; the traits to implement for a store |
//! | [`memory`], [`layout`], [`file`](mod@file) | stores on this machine |
//! | [`registry`], [`auth`], [`transport`] | the registry client, its authentication, its HTTP |
//! | [`pack`] | building manifests |
//! | [`copy`](mod@copy) | copying graphs between any two stores |
//!
//! The documentation has two more: `guide`, with guides for common tasks, and `parity`, which maps oras-go to this
//! library.
//!
//! # Features
//!
//! - `ring`, on by default: `https`, with the cryptography of ring.
//! - `aws-lc-rs`, off by default: `https`, with the cryptography of AWS-LC, which needs a C compiler and has a
//!   post-quantum key exchange. If both features are on, AWS-LC is used. Without both, the program has no TLS library
//!   and no `TlsOptions`, only plain HTTP works, and `https` fails with [`transport::Error::WithoutTls`]. Both imply
//!   the feature `tls`, which does not compile alone.
//! - `blocking`, off by default: the module `blocking`, whose calls run to completion on the calling thread.
//! - `config`, off by default: `Environment`, which turns the configuration files of podman, skopeo and docker into
//!   options, and the module `config`, which reads them.
//! - `sync`, off by default: the module `sync`, which keeps many repositories in sync.
//! - `oci-spec`, off by default: conversions to and from the types of the `oci-spec` crate, in `content::oci_spec`.

#[cfg(feature = "config")]
pub mod environment;

#[doc(inline)]
pub use oras_auth as auth;
#[cfg(feature = "config")]
#[doc(inline)]
pub use oras_config as config;
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
#[cfg(feature = "sync")]
#[doc(inline)]
pub use oras_sync as sync;
#[doc(inline)]
pub use oras_transport as transport;

#[cfg(feature = "config")]
pub use environment::{Environment, SignatureVerifier};
pub use oras_auth::{
    AuthOptions, ContainersAuth, Credential, CredentialKey, CredentialProvider, CredentialQuery,
    CredentialStore, DockerConfig, EnvironmentCredentials, FoundCredential, MemoryCredentials, NoCredentials,
    Secret, StaticCredentials,
};
pub use oras_content::{
    Annotations, Batch, ByteRange, Content, ContentLister, Deleter, Descriptor, Digest, Error, ErrorChain,
    ErrorKind, ErrorSubject, ImageIndex, ImageManifest, IntoName, Location, Manifest, ManifestKind,
    MediaType, Name, Offered, OpenOptions, Opened, Payload, Platform, PredecessorFinder, PushOptions, Pushed,
    Reference, ReferrerKeeper, ReferrerLister, ResolveOptions, Resolved, Result, Stager, Store, StoreExt,
    Tag, TagListOptions, TagLister, Untagger, Verified, VerifiedContent, VerifyError, Writer, WriterExt,
};
pub use oras_copy::{
    Choice, CopiedTag, CopyError, CopyOptions, CopyTags, CopyTagsOptions, Event, Events, ExtendedCopyOptions,
    FetchOptions, Operation, Outcome, Plan, Recheck, ReferrerFilter, Selection, Side, Step, Totals, copy,
    copy_graph, extended_copy, extended_copy_graph, fetch, fetch_bytes, find_predecessors, find_successors,
    plan, plan_extended, resolve, tag, tag_bytes, tag_n,
};
pub use oras_file::{Durability, FileOptions, FileStore, FromPath};
pub use oras_layout::{
    BlobStore, BlobStoreOptions, LayoutBatch, LayoutOptions, LayoutStore, TarLayout, TarLayoutWriter,
};
pub use oras_memory::MemoryStore;
pub use oras_pack::{ManifestVersion, PackError, PackOptions, pack_manifest};
pub use oras_registry::{
    CatalogOptions, Client, ClientOptions, Endpoint, Endpoints, ErrorDetail, ReferrersMode, Registry,
    RegistryOptions, Repository, ResponseError, Serves, UploadKey, UploadRecord, UploadRecords, Warning,
};
#[cfg(feature = "tls")]
pub use oras_transport::TlsOptions;
pub use oras_transport::{Origin, RetryOptions, RetryPolicy, TransportOptions};

#[cfg(feature = "blocking")]
pub mod blocking;
#[cfg(doc)]
pub mod guide;
#[cfg(doc)]
pub mod parity;

/// The example of the README, compiled as a test.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;

/// The example of this crate's README, run as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct CrateReadme;
