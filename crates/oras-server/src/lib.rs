//! An embeddable OCI registry over any store: for tests, for air gaps, for serving a layout.
//!
//! [`Server`] listens; [`RegistryService`] is the same registry as a plain service for hyper and tower. Its content comes
//! from a [`Backend`]: memory, a folder of OCI layouts, or your own stores. Blobs are streamed in both directions, and no
//! allocation is sized by an unverified claim.
//!
//! It follows distribution-spec v1.1.1, and the draft after it: cancelled uploads, `digest-algorithm`, `?tag=` with
//! `OCI-Tag`, mounts without a source, `ns=`. `If-Match` and `If-None-Match` guard pushes and deletions. HTTP/1.1 and HTTP/2
//! are served on the same port: HTTP/2 with prior knowledge or, with the feature `tls`, over TLS as the client chooses.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use oras_server::{Server, ServerOptions};
//!
//! let server = Server::start(ServerOptions::default()).await?;
//! println!("push to {}/my/app:v1", server.registry());
//! server.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! | feature | adds |
//! |---|---|
//! | `tls` | TLS with a given certificate, client certificates |
//! | `self-signed` | certificates that are generated at start, for tests |
//!
//! No feature is on by default. A [`Layer`] in front of the handlers sees every request: `oras-server-faults` has one for
//! testing clients, which keeps a journal and misbehaves as configured.

mod acceptor;
mod access;
mod answer;
mod backend;
mod blob;
mod body;
mod call;
mod catalog;
mod connection;
mod content;
mod error;
mod file;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod head;
mod layer;
mod locks;
mod manifest;
mod namespace;
mod next;
mod options;
mod origin;
mod page;
mod path;
mod precondition;
mod query;
mod random;
mod range;
mod referrers;
mod registry;
mod route;
mod server;
mod service;
mod socket;
mod stream;
mod tag;
mod time;
#[cfg(feature = "tls")]
mod tls;
mod upload;
mod wire;

pub use access::{
    Challenges, Permission, Scheme, TokenField, TokenOptions, TokenPost, TokenRealm, User, Users,
};
pub use backend::{Backend, FolderBackend, MemoryBackend, OverlayBackend, StoreBackend};
pub use body::{Body, Incoming};
pub use connection::Connection;
pub use error::{Error, Failure};
pub use layer::{Answering, Asked, Layer, Right};
pub use next::Next;
pub use options::ServerOptions;
pub use origin::{Origin, SecondOrigin};
pub use path::RequestPath;
pub use query::Query;
pub use route::Route;
pub use server::Server;
pub use service::RegistryService;
#[cfg(feature = "self-signed")]
pub use tls::ClientIdentity;
#[cfg(feature = "tls")]
pub use tls::{ClientCertificates, Tls};
pub use wire::{Progress, Wire};

/// The example of this crate's README, run as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
