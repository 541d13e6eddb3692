//! The configuration that users of podman, skopeo and docker already have: parsed strictly, and explained.
//!
//! - [`RegistriesConfig`]: `registries.conf` and its drop-ins, with the locations and mirrors of registries.
//! - [`HostCerts`]: `certs.d`, with the root and client certificates of a host.
//! - [`Policy`]: `policy.json`, with the rules for pulls.
//! - [`Lookasides`]: `registries.d`, with the locations of signatures.
//! - [`Environment`] combines them, and [explains](Environment::explain) each decision with file and line.
//!
//! The crate only reads files and decides. It opens no connections: a client has to apply the decisions.
//!
//! ```
//! use oras_config::{Environment, Roots};
//!
//! # let folder = tempfile::tempdir()?;
//! # let etc = folder.path();
//! # std::fs::create_dir_all(etc.join("containers"))?;
//! std::fs::write(
//!     etc.join("containers/registries.conf"),
//!     r#"
//! [[registry]]
//! prefix = "docker.io"
//! location = "docker.io"
//!
//! [[registry.mirror]]
//! location = "mirror.example.com/hub"
//! "#,
//! )?;
//!
//! let environment = Environment::detect(&Roots::new(etc))?;
//! let plan = environment.registries().resolve(&"docker.io/library/alpine:3".parse()?)?;
//! let places: Vec<_> = plan.endpoints.iter().map(|it| it.reference.to_string()).collect();
//! assert_eq!(places, ["mirror.example.com/hub/library/alpine:3", "docker.io/library/alpine:3"]);
//!
//! print!("{}", environment.explain(&"docker.io/library/alpine:3".parse()?));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod certs;
mod environment;
mod error;
mod explanation;
mod files;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod lookaside;
mod origin;
mod policy;
mod registries;
mod roots;
mod toml_table;
mod yaml;

pub use certs::{ClientCertificate, HostCerts};
pub use environment::Environment;
pub use error::Error;
pub use explanation::{Explained, Explanation, Topic};
pub use lookaside::{Lookaside, Lookasides, Said};
pub use origin::{Origin, Warning};
pub use policy::{
    Decision, KeySource, Policy, Requirement, Scope, SignatureKind, SignedIdentity, SignedRequirement,
    Verdict,
};
pub use registries::{
    Alias, Endpoint, Match, Mirror, Plan, PullFromMirror, RegistriesConfig, Registry, ShortNameMode,
};
pub use roots::Roots;

/// Compiles the example of the README of this crate.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
