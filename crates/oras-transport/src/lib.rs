//! HTTP for registries: TLS, retries, redirects, limits and tracing as tower layers.
//!
//! The crate knows origins, bytes and time; it knows nothing of registries, credentials or content. One
//! [`HttpService`] is what everything above talks to. The layers are meant to be stacked in this order:
//!
//! ```text
//! caller → TraceLayer → RetryLayer → (authentication) → RedirectLayer → LimitLayer → client
//! ```
//!
//! ```
//! use oras_transport::{HttpService, LimitLayer, RedirectLayer, RetryLayer, RetryOptions, TraceLayer};
//! use oras_transport::{TransportOptions, client};
//! use tower::{Layer, util::BoxCloneSyncService};
//!
//! # fn main() -> Result<(), oras_transport::Error> {
//! let options = TransportOptions::default().with_user_agent("my-tool/1.0");
//! let http = client(&options)?;
//! let http = LimitLayer::new(options.max_in_flight_per_origin()).layer(http);
//! let http = RedirectLayer::new().layer(http);
//! let http = RetryLayer::new(RetryOptions::default()).layer(http);
//! let http: HttpService = BoxCloneSyncService::new(TraceLayer::new().layer(http));
//! # let _ = http;
//! # Ok(())
//! # }
//! ```

mod body;
mod client;
mod connector;
mod error;
mod idle;
mod limit;
mod options;
mod origin;
mod pace;
mod peek;
mod progress;
mod proxy;
mod redirect;
mod request;
mod resolve;
mod response_body;
mod retry;
mod safe_url;
mod stream;
mod tls;
mod trace;
mod trusted_end;
mod waiting;

pub use body::{Body, BodyFault, BodySource};
pub use client::client;
pub use error::{BoxError, ConnectReason, Error, Phase, RedirectReason, Transient};
pub use limit::{Limit, LimitLayer};
pub use options::{TlsOptions, TransportOptions};
pub use origin::{Origin, Scheme};
pub use redirect::{FinalUri, Redirect, RedirectLayer, RequestedOrigin, answered_by_requested_origin};
pub use request::{Commits, HttpService, Lane, Request, Response, base, clone_request};
pub use resolve::{InvalidUri, resolve};
pub use response_body::{DRAIN_LIMIT, ResponseBody};
pub use retry::{Attempts, NoRetry, Repeatable, Retry, RetryLayer, RetryOptions, retry_after};
pub use safe_url::SafeUrl;
pub use trace::{Trace, TraceLayer};
pub use waiting::{Waiting, WaitingFor};

/// The example of the README of this crate, so that it cannot rot.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
