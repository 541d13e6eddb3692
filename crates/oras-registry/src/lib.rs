//! A client of the OCI distribution protocol: registries, repositories, and every call on them.
//!
//! A [`Client`] holds connections, credentials, tokens and the learnt behaviour of each registry, and is meant to be
//! shared. A [`Repository`] is a store with all the capabilities defined by [`oras_content`]. A [`Registry`] lists
//! repositories.
//!
//! ```no_run
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), oras_content::Error> {
//! use oras_content::StoreExt;
//! use oras_registry::{Client, ClientOptions};
//!
//! let client = Client::new(ClientOptions::default())?;
//! let app = client.repository("registry.example/team/app")?;
//! println!("{}", app.resolve("v1").await?.digest);
//! # Ok(())
//! # }
//! ```
//!
//! [`ClientOptions`] decide how to connect, when to retry ([`RetryPolicy`](oras_transport::RetryPolicy)), which origins
//! may receive a credential, and which servers to use for a registry ([`Endpoints`]). [`Client::from_service`] puts a
//! client on any [`tower::Service`].
//!
//! # Features
//!
//! - `ring`, on by default: `https`, with the cryptography of ring.
//! - `aws-lc-rs`, off by default: `https`, with the cryptography of AWS-LC. If both features are on, this one is used.
//!   Without both, only plain HTTP is available.
//! - `tls`: what the two have in common. It does not compile alone.

mod answer;
mod blob;
mod chunk;
mod client;
mod client_options;
mod core;
mod download;
mod endpoint;
mod error;
mod error_body;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod interruptions;
mod learnt;
mod manifest;
mod manifest_put;
mod mirror;
mod mount;
mod open;
mod options;
mod outgoing;
mod page;
mod parallel;
mod record;
mod referrers;
mod registry;
mod remedy;
mod repository;
mod request;
mod sending;
mod session;
mod status;
mod tag;
mod upload;
mod upload_strategy;
mod uploads;
mod warning;

pub use client::Client;
pub use client_options::ClientOptions;
pub use endpoint::{Direct, Endpoint, Endpoints, Serves};
pub use error_body::{ErrorDetail, ResponseError};
pub use options::{ReferrersMode, RegistryOptions};
pub use record::{UploadKey, UploadRecord, UploadRecords};
pub use registry::{CatalogOptions, Registry};
pub use repository::Repository;
pub use warning::Warning;

#[cfg(doctest)]
#[doc = include_str!("../../../docs/testing-a-client.md")]
struct TestingAClient;

/// Compiles the example of the README of this crate.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
