//! The configuration of this machine: `registries.conf`, `certs.d` and `policy.json`, unless it is ignored.

use std::sync::{Arc, OnceLock};

use clap::builder::{BoolishValueParser, TypedValueParser as _};
use oras::registry::Direct;
use oras::{Endpoints, Environment, Reference};

/// The variable that says whether these files are followed.
pub(crate) const SYSTEM_CONFIG: &str = "ORAS_SYSTEM_CONFIG";

/// Whether the command line says that these files are followed.
static FOLLOWED: OnceLock<bool> = OnceLock::new();

static ENVIRONMENT: OnceLock<Environment> = OnceLock::new();

/// Sets whether these files are followed.
pub(crate) fn follow(followed: bool) {
    // The command line is parsed only once.
    let _ = FOLLOWED.set(followed);
}

/// Reads the variable when there is no parsed command line, during completion.
fn is_followed_by_default() -> bool {
    let said = std::env::var_os(SYSTEM_CONFIG).unwrap_or_default();
    let read = BoolishValueParser::new().parse_ref(&clap::Command::default(), None, &said);
    read.unwrap_or(true)
}

/// Returns the configuration, unless it is ignored.
pub(crate) fn environment() -> anyhow::Result<Option<&'static Environment>> {
    if !FOLLOWED.get().copied().unwrap_or_else(is_followed_by_default) {
        return Ok(None);
    }
    if let Some(environment) = ENVIRONMENT.get() {
        return Ok(Some(environment));
    }
    let environment = Environment::detect()?;
    Ok(Some(ENVIRONMENT.get_or_init(|| environment)))
}

/// The kind of access to a registry.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Access {
    /// Reading, through mirrors and rewritten locations.
    Pull,
    /// Writing, and reading while writing, always at the registry that was named.
    Push,
}

/// A registry that is about to be contacted.
pub(crate) struct Server {
    /// The reference that was named; for a whole registry, of any repository.
    pub(crate) reference: Reference,
    /// The host of the registry, with an optional port.
    pub(crate) host: String,
    /// Whether it has certificates, which implies TLS.
    pub(crate) has_certificates: bool,
    pub(crate) endpoints: Arc<dyn Endpoints>,
}

impl Server {
    /// Returns the registry of `reference`.
    ///
    /// # Errors
    ///
    /// It is blocked, or a configuration file is not valid.
    pub(crate) fn of(reference: Reference, access: Access) -> anyhow::Result<Self> {
        let Some(environment) = environment()? else {
            return Ok(Self::direct(reference));
        };
        let endpoints = match access {
            Access::Pull => environment.pull_endpoints(),
            Access::Push => environment.push_endpoints(),
        };
        let own = endpoints.endpoints(&reference)?.pop();
        let host = own.map_or_else(|| reference.host().to_owned(), |own| own.host);
        let registry = match host == reference.host() {
            true => reference.registry(),
            false => &host,
        };
        Ok(Self {
            has_certificates: environment.config().certs(registry)?.folder.is_some(),
            reference,
            host,
            endpoints,
        })
    }

    /// Returns the registry `name` as a whole.
    ///
    /// # Errors
    ///
    /// As for [`of`](Self::of), or `name` is not a registry.
    pub(crate) fn whole(name: &str, access: Access) -> anyhow::Result<Self> {
        Self::of(Reference::of_registry(name)?, access)
    }

    fn direct(reference: Reference) -> Self {
        Self {
            host: reference.host().to_owned(),
            reference,
            has_certificates: false,
            endpoints: Arc::new(Direct),
        }
    }
}
