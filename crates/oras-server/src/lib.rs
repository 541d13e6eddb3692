//! An embeddable OCI registry over any store: for tests, for air gaps, for serving a layout.
//!
//! [`Server`] listens; [`RegistryService`] is the same registry as a plain service of hyper and tower. What it serves comes from a
//! [`Backend`]: memory, a folder of OCI layouts, or any stores of your own. Blobs are streamed in both directions, and
//! nothing is allocated by a size that the other side merely claims.
//!
//! It follows distribution-spec v1.1.1, and the draft after it: cancelled uploads, `digest-algorithm`, `?tag=` with
//! `OCI-Tag`, mounts without a source, `ns=`. `If-Match` and `If-None-Match` guard pushes and deletions. HTTP/1.1 and HTTP/2 are spoken on the same port: with prior knowledge, or, with the feature `tls`, over TLS
//! as the client chooses.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use oras_server::{Server, ServerOptions};
//!
//! let server = Server::start(ServerOptions::default()).await?;
//! println!("push to {}/my/app:v1", server.registry());
//! assert_eq!(server.journal().requests(), 0);
//! server.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! | feature | adds |
//! |---|---|
//! | `faults` | faults, scripts of them, quirks of registries, profiles of vendors |
//! | `tls` | TLS with a given certificate, client certificates |
//! | `self-signed` | certificates that are made on the spot, for tests |
//!
//! None is on by default. What tests of a client look like is shown in `docs/testing-a-client.md` of the project.

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
#[cfg(feature = "faults")]
mod fault;
mod file;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod head;
mod journal;
mod locks;
mod manifest;
mod namespace;
mod options;
mod origin;
mod page;
mod precondition;
mod query;
#[cfg(feature = "faults")]
mod quirk;
mod random;
mod range;
mod referrers;
mod registry;
mod route;
mod server;
mod service;
mod stream;
mod tag;
mod time;
#[cfg(feature = "tls")]
mod tls;
mod upload;

pub use access::{
    Challenges, Permission, Scheme, TokenField, TokenOptions, TokenPost, TokenRealm, User, Users,
};
pub use backend::{Backend, FolderBackend, MemoryBackend, OverlayBackend, StoreBackend};
pub use body::Body;
pub use error::Error;
#[cfg(feature = "faults")]
pub use fault::{Fault, Redirect, Script, ScriptError, To};
pub use journal::{Entry, Journal, Kind};
pub use options::ServerOptions;
pub use origin::SecondOrigin;
#[cfg(feature = "faults")]
pub use quirk::{Profile, Quirk, UnknownQuirk};
pub use route::Route;
pub use server::Server;
pub use service::RegistryService;
#[cfg(feature = "self-signed")]
pub use tls::ClientIdentity;
#[cfg(feature = "tls")]
pub use tls::{ClientCertificates, Tls};
