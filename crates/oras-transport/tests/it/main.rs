//! The layers over a double that answers from a script, and the client against servers on this machine.
#![allow(clippy::unwrap_used)]

mod body;
mod connect;
mod double;
mod headers;
mod limit;
mod policy;
#[cfg(feature = "tls")]
mod provider;
mod ready;
mod redirect;
mod retry;
#[cfg(feature = "tls")]
mod secured;
mod server;
mod timeouts;
#[cfg(feature = "tls")]
mod tls;
mod trace;
mod wire;
#[cfg(not(feature = "tls"))]
mod without_tls;
