//! HTTP for registries: TLS, retries, redirects, limits and tracing as tower layers.
//!
//! Registries are plain HTTP servers with habits: they answer 503 for a moment, send the bytes of a blob from another
//! host, ask for patience, and stop in the middle of a download. This crate deals with all of that, and knows nothing
//! of registries, credentials or content: its words are origins, bytes and time.
//!
//! A request goes in and an answer comes out of a [`tower::Service`], and everything else is a layer around one. Most
//! callers take the usual stack:
//!
//! ```no_run
//! use oras_transport::{Body, Request, RetryLayer, TransportOptions, base};
//! use tower::{Layer, ServiceExt};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let options = TransportOptions::default().with_user_agent("my-tool/1.0");
//! let http = RetryLayer::default().layer(base(&options)?);
//!
//! let mut ping = Request::new(Body::empty());
//! *ping.uri_mut() = "https://registry.example/v2/".parse()?;
//! let answer = http.oneshot(ping).await?;
//! println!("{}: {:?}", answer.status(), answer.into_body().read_limited(4096).await?);
//! # Ok(())
//! # }
//! ```
//!
//! # The parts
//!
//! ```text
//! caller → TraceLayer → RetryLayer → (authentication) → RedirectLayer → HeaderLayer → LimitLayer → client
//! ```
//!
//! | part | does |
//! |---|---|
//! | [`TraceLayer`] | one span for each request, without secrets |
//! | [`RetryLayer`] | sends again what failed for a reason that passes, as a [`RetryPolicy`] says |
//! | [`RedirectLayer`] | follows redirects, and leaves secrets behind |
//! | [`HeaderLayer`] | adds headers of the caller's own, each for one [`Origin`] |
//! | [`LimitLayer`] | limits what is under way to one origin |
//! | [`client()`] | connects, by way of proxies, with TLS, and watches the clock |
//! | [`base`] | all of it below authentication; [`base_over`] does so for a service of the caller's own |
//!
//! Each layer hands readiness through, so that they mix with those of `tower`. A request sends a [`Body`], which may be
//! sendable twice; an answer carries a [`ResponseBody`], which is read as it comes. An [`Error`] says what a caller can
//! do about it, and shows no user information and no query of a URL.
//!
//! # Features
//!
//! - `ring`, on by default: `https`, by way of rustls and the roots that the platform trusts, HTTP/2, and `TlsOptions`.
//!   The cryptography is that of ring.
//! - `aws-lc-rs`, off by default: the same with the cryptography of AWS-LC, which needs a C compiler and has a
//!   post-quantum key exchange. Where both features are on, this one is used.
//! - `tls`: what the two have in common. Alone it does not compile.
//!
//! Without them only plain HTTP can be spoken, and `https` ends as [`Error::WithoutTls`]. The default provider that
//! rustls keeps for a process is neither used nor set, so that it does not matter what else is in the program.

mod address;
mod addresses;
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
mod invalid_uri;
mod limit;
mod name_resolver;
mod options;
mod origin;
mod pace;
mod patience;
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
mod room;
mod safe_url;
mod shown_body;
mod shown_headers;
mod stack;
mod stream;
mod tls;
mod tls_hint;
mod trace;
mod transient;
mod waiting;

pub use body::{Body, BodyFault, BodySource};
pub use client::client;
pub use connect_reason::ConnectReason;
pub use error::{BoxError, Error};
pub use headers::{HeaderHook, HeaderLayer, Headers, OriginHeaders};
pub use invalid_uri::InvalidUri;
pub use limit::{Limit, LimitLayer};
pub use options::TransportOptions;
pub use origin::{Origin, Scheme};
pub use phase::Phase;
pub use redirect::{FinalUri, Redirect, RedirectLayer, RequestedOrigin, answered_by_requested_origin};
pub use redirect_reason::RedirectReason;
pub use request::{Commits, HttpService, Lane, Request, Response, clone_request};
pub use resolve::resolve;
pub use response_body::{DRAIN_LIMIT, ResponseBody};
pub use retry::{
    Attempts, Decision, FailedAttempt, Failure, FailureKind, NoRetry, Repeatable, Retry, RetryLayer,
    RetryOptions, RetryPolicy, retry_after,
};
pub use safe_url::SafeUrl;
pub use stack::{base, base_over};
#[cfg(feature = "tls")]
pub use tls::TlsOptions;
pub use trace::{Trace, TraceLayer};
pub use transient::Transient;
pub use waiting::{Waiting, WaitingFor};

/// The example of the README of this crate, so that it cannot rot.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
