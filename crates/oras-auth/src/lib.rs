//! Registry authentication: answers challenges, and decides which server may see which secret.
//!
//! A registry that requires authentication responds with status 401 and a challenge: to send a password, or to get a
//! token from a token server. This crate answers such challenges for a client, keeps the tokens, and decides which
//! server may see which secret.
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
//!
//! # How the parts go together
//!
//! 1. A request enters [`AuthLayer`], above [`oras_transport::RedirectLayer`] and below [`oras_transport::RetryLayer`].
//!    [`Scopes`] in its extensions tell what it needs.
//! 2. If the registry responds with a [`Challenge`], a [`CredentialProvider`] is queried with a [`CredentialQuery`]:
//!    the registry, the repository and the actions. It returns a [`FoundCredential`]: a [`Credential`], and the
//!    [`CredentialKey`] that determines its reach.
//! 3. User name and password are sent to the registry itself, or to its token server in exchange for a [`Token`].
//!    Tokens are kept in a [`TokenCache`] under a [`TokenKey`], which includes the credential, so that users never share
//!    tokens.
//! 4. The request is sent again. [`AuthUsed`] in the extensions of the response tells how it was authenticated.
//!
//! Credentials come from [`DockerConfig`], the file and the helpers of `docker login`; from [`ContainersAuth`], the
//! file of `podman login`; from [`EnvironmentCredentials`], which queries all of these as the environment says; from
//! [`StaticCredentials`] or [`MemoryCredentials`]; or from a provider of your own.
//!
//! # What is safe by default
//!
//! - A password is sent to its registry, and to token servers that belong to it. Others are trusted by name with
//!   [`AuthOptions::with_trusted_realm`].
//! - Credentials are sent over plain HTTP on this machine only, unless [`AuthOptions::with_plain_http`] allows it for a
//!   registry.
//! - [`DockerConfig`] stores a credential in plain text only if [`DockerConfig::with_plain_text`] allows it.
//! - A [`Secret`] is hidden in `Debug`. No log and no error contains one.

mod authorization;
mod challenge;
mod challenge_scanner;
mod config_file;
mod config_text;
mod containers_auth;
mod credential;
mod credential_file;
mod credential_key;
mod default_helper;
mod demand;
mod docker_config;
mod environment;
mod error;
mod exchange;
mod fallbacks;
mod found;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod helper;
mod helper_program;
mod json_object;
mod layer;
mod memory_credentials;
mod options;
mod presented;
mod provider;
mod query;
mod realm;
mod registry_name;
mod scope;
mod secret;
mod sender;
mod session;
mod single_flight;
mod static_credentials;
mod token;
mod token_answer;
mod token_cache;
mod token_goal;
mod token_key;
mod token_request;
mod tokens;

pub use authorization::AuthUsed;
pub use challenge::Challenge;
pub use config_text::DockerConfigText;
pub use containers_auth::ContainersAuth;
pub use credential::Credential;
pub use credential_key::CredentialKey;
pub use docker_config::DockerConfig;
pub use environment::{EnvironmentCredentials, SourceAnswer};
pub use error::{Error, RealmReason};
pub use fallbacks::Fallbacks;
pub use found::FoundCredential;
pub use layer::{Auth, AuthLayer, AuthenticatedService};
pub use memory_credentials::MemoryCredentials;
pub use options::AuthOptions;
pub use presented::Presented;
pub use provider::{CredentialProvider, CredentialStore, NoCredentials};
pub use query::CredentialQuery;
pub use scope::{Action, Scopes};
pub use secret::Secret;
pub use static_credentials::StaticCredentials;
pub use token::Token;
pub use token_cache::{MemoryTokenCache, TokenCache};
pub use token_key::TokenKey;

/// Compiles the example of the README of this crate.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
