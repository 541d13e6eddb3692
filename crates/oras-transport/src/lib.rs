//! HTTP for registries: TLS, retries, redirects, limits and tracing as tower layers.
//!
//! Registries are HTTP servers with peculiarities: they respond with 503 for a moment, redirect downloads to another
//! host, limit the rate, and break off in the middle of a download. This crate handles that. It knows origins, bytes
//! and time, but nothing of registries, credentials or content.
//!
//! A [`tower::Service`] turns a request into a response, and everything else is a layer around it. Most callers use the
//! standard stack:
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
//! | part | purpose |
//! |---|---|
//! | [`TraceLayer`] | opens one span for each request, without secrets |
//! | [`RetryLayer`] | retries transient failures, as decided by a [`RetryPolicy`] |
//! | [`RedirectLayer`] | follows redirects, without secrets |
//! | [`HeaderLayer`] | adds headers of the caller, each for one [`Origin`] |
//! | [`LimitLayer`] | limits the exchanges in flight to one origin |
//! | [`client()`] | connects, through proxies, with TLS and timeouts |
//! | [`base`] | all of it below authentication; [`base_over`] is the same over another service |
//!
//! Each layer passes readiness on, so that the layers mix with those of `tower`. A request has a [`Body`], which may be
//! replayable. A response has a [`ResponseBody`], which is streamed. An [`Error`] tells what a caller can do about it,
//! and never shows the user information or the query of a URL.
//!
//! # Features
//!
//! - `ring`, on by default: `https`, with rustls and the roots that the platform trusts, HTTP/2, and `TlsOptions`. The
//!   cryptography is that of ring.
//! - `aws-lc-rs`, off by default: the same with the cryptography of AWS-LC, which needs a C compiler and has a
//!   post-quantum key exchange. If both features are on, this one is used.
//! - `tls`: what the two have in common. It does not compile alone.
//!
//! Without them only plain HTTP is available, and `https` fails with [`Error::WithoutTls`]. The default provider of
//! rustls for the process is neither used nor set, so that other users of rustls in the program do not matter.

mod address;
mod addresses;
mod body;
mod body_timeouts;
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
mod origin_limit;
mod phase;
mod progress;
mod proxy;
mod rate_check;
mod ready;
mod redirect;
mod redirect_reason;
mod request;
mod resolve;
mod response_body;
mod retry;
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

/// Compiles the example of the README of this crate.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
