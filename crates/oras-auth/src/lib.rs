//! Registry authentication: challenges, scopes, tokens and credential stores.
//!
//! [`AuthLayer`] sits above [`oras_transport::RedirectLayer`] and below [`oras_transport::RetryLayer`]. It answers
//! challenges with what a [`CredentialProvider`] gives, keeps tokens, and decides which server may see a secret.
//!
//! ```
//! use std::sync::Arc;
//!
//! use oras_auth::{AuthLayer, AuthOptions, AuthenticatedService, Credential, StaticCredentials};
//! use oras_transport::{RetryLayer, TraceLayer, TransportOptions, base};
//! use tower_layer::Layer;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let alice = StaticCredentials::new("reg.example:5000", Credential::basic("alice", "s3cret")?);
//! let auth = AuthLayer::new(Arc::new(alice), AuthOptions::default());
//! let http = auth.layer(base(&TransportOptions::default())?);
//! let http = AuthenticatedService::new(TraceLayer::new().layer(RetryLayer::default().layer(http)));
//! # let _ = http;
//! # Ok(())
//! # }
//! ```

mod base;
mod cache;
mod challenge;
mod challenge_scanner;
mod config;
mod config_file;
mod credential;
mod errand;
mod error;
mod exchange;
mod flight;
mod helper;
mod helper_program;
mod json_object;
mod layer;
mod options;
mod presented;
mod proof;
mod provider;
mod realm;
mod registry_name;
mod scope;
mod secret;
mod session;
mod token;
mod token_answer;

pub use challenge::Challenge;
pub use config::DockerConfig;
pub use credential::Credential;
pub use error::{Error, RealmReason};
pub use layer::{Auth, AuthLayer, AuthUsed, AuthenticatedService};
pub use options::AuthOptions;
pub use presented::Presented;
pub use provider::{
    CredentialProvider, CredentialStore, MemoryCredentials, NoCredentials, StaticCredentials,
};
pub use scope::{Action, Scopes};
pub use secret::Secret;

/// The example of the README of this crate, so that it cannot rot.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
