//! A client of the OCI distribution protocol: registries, repositories, and every call on them.
//!
//! A [`Client`] holds connections, credentials and tokens and is shared; a [`Repository`] is a store with all the
//! capabilities that [`oras_content`] knows.
//!
//! ```no_run
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), oras_content::Error> {
//! use oras_content::Resolver;
//! use oras_registry::{Client, ClientOptions, RegistryOptions, Repository};
//!
//! let client = Client::new(ClientOptions::default())?;
//! let reference = "registry.example/team/app:v1".parse()?;
//! let repository = Repository::new(&client, &reference, RegistryOptions::default())?;
//! println!("{}", repository.resolve("v1").await?.digest);
//! # Ok(())
//! # }
//! ```

mod answer;
mod blob;
mod client;
mod core;
mod download;
mod error;
mod error_body;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod manifest;
mod manifest_put;
mod mount;
mod options;
mod page;
mod referrers;
mod registry;
mod repository;
mod request;
mod session;
mod status;
mod tag;
mod upload;
mod uploads;
mod warning;

pub use client::{Client, ClientOptions};
pub use error_body::{ErrorDetail, ResponseError};
pub use options::{ReferrersMode, RegistryOptions};
pub use registry::{CatalogOptions, Registry};
pub use repository::Repository;
pub use warning::Warning;

#[cfg(doctest)]
#[doc = include_str!("../../../docs/testing-a-client.md")]
struct TestingAClient;

/// The example of the README of this crate, so that it cannot rot.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
