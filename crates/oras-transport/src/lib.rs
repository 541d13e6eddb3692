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

mod address;
mod body;
mod client;
mod connect_fault;
mod connect_reason;
mod connector;
mod dialer;
mod error;
mod frames;
mod headers;
mod idle;
mod limit;
mod name_resolver;
mod options;
mod origin;
mod pace;
mod patience;
mod peek;
mod phase;
mod progress;
mod proxy;
mod ready;
mod redirect;
mod redirect_reason;
mod request;
mod resolve;
mod response_body;
mod retry;
mod safe_url;
mod stack;
mod stream;
mod tls;
mod trace;
mod transient;
mod trusted_end;
mod waiting;

pub use body::{Body, BodyFault, BodySource};
pub use client::client;
pub use connect_reason::ConnectReason;
pub use error::{BoxError, Error};
pub use headers::{HeaderHook, HeaderLayer, Headers, OriginHeaders};
pub use limit::{Limit, LimitLayer};
pub use options::{TlsOptions, TransportOptions};
pub use origin::{Origin, Scheme};
pub use phase::Phase;
pub use redirect::{FinalUri, Redirect, RedirectLayer, RequestedOrigin, answered_by_requested_origin};
pub use redirect_reason::RedirectReason;
pub use request::{Commits, HttpService, Lane, Request, Response, clone_request};
pub use resolve::{InvalidUri, resolve};
pub use response_body::{DRAIN_LIMIT, ResponseBody};
pub use retry::{
    Attempts, Decision, FailedAttempt, Failure, FailureKind, NoRetry, Repeatable, Retry, RetryLayer,
    RetryOptions, RetryPolicy, retry_after,
};
pub use safe_url::SafeUrl;
pub use stack::{base, base_over};
pub use trace::{Trace, TraceLayer};
pub use transient::Transient;
pub use waiting::{Waiting, WaitingFor};
