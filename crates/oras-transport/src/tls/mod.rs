//! TLS, and its replacement in a program that was built without it.

#[cfg(not(feature = "tls"))]
mod absent;
#[cfg(feature = "tls")]
mod configs;
#[cfg(feature = "tls")]
mod options;
#[cfg(feature = "tls")]
mod provider;
#[cfg(feature = "tls")]
mod root_as_leaf;
#[cfg(feature = "tls")]
mod secured;

#[cfg(not(feature = "tls"))]
pub(crate) use absent::{Secured, TlsConfigs, is_tls_fault};
#[cfg(feature = "tls")]
pub(crate) use configs::TlsConfigs;
#[cfg(feature = "tls")]
pub use options::TlsOptions;
#[cfg(feature = "tls")]
pub(crate) use secured::{Secured, is_tls_fault};
