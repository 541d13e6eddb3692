//! A registry for tests: it records every request, and misbehaves as configured.
//!
//! [`Server`] is an [`oras_server::Server`] with a [`Journal`] of its requests, [faults](Fault) for selected requests, and
//! the known [quirks](Quirk) of registries. All of this is a [`FaultLayer`] in front of a registry that does not know about
//! it.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use oras_server::{Route, ServerOptions};
//! use oras_server_faults::{Fault, Server};
//!
//! let server = Server::start(ServerOptions::default()).await?;
//! server.inject(Fault::status(503).on_route(Route::Manifest).times(2));
//! println!("push to {}/my/app:v1", server.registry());
//! assert_eq!(server.journal().requests(), 0);
//! server.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! `docs/testing-a-client.md` in the repository shows tests of a client.

mod answer;
mod fault;
mod journal;
mod layer;
mod options;
mod quirk;
mod server;

pub use fault::{Fault, Redirect, Script, ScriptError, To};
pub use journal::{Entry, Journal, Kind};
pub use layer::FaultLayer;
pub use options::FaultOptions;
pub use quirk::{Profile, Quirk, UnknownQuirk};
pub use server::{SecondOrigin, Server};

/// The example of this crate's README, run as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
