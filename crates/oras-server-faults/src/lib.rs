//! A registry for tests: it writes down every request, and misbehaves as it is told to.
//!
//! [`Server`] is an [`oras_server::Server`] with a [`Journal`] of what it was asked, [faults](Fault) for the requests of your
//! choice, and the [quirks](Quirk) that registries are known to have. All of it is a [`FaultLayer`] before a registry
//! that knows nothing of it.
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
//! What tests of a client look like is shown in `docs/testing-a-client.md` of the project.

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

/// The example of the README of this crate, so that it cannot rot.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
