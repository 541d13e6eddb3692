//! The configuration of this machine: `registries.conf`, `certs.d` and `policy.json`, where they are followed.

use std::sync::{Arc, OnceLock};

use clap::builder::{BoolishValueParser, TypedValueParser as _};
use oras::registry::Direct;
use oras::{Endpoints, Environment, Reference};

/// The variable that says whether the files are followed.
pub(crate) const SYSTEM_CONFIG: &str = "ORAS_SYSTEM_CONFIG";

/// Whether the files are followed, where the command line says so.
static FOLLOWED: OnceLock<bool> = OnceLock::new();

static ENVIRONMENT: OnceLock<Environment> = OnceLock::new();

/// Follows the files, or does not.
pub(crate) fn follow(followed: bool) {
    // The command line is read once.
    let _ = FOLLOWED.set(followed);
}

/// What the environment says, where the command line was not read: while it is completed.
fn is_followed_by_default() -> bool {
    let said = std::env::var_os(SYSTEM_CONFIG).unwrap_or_default();
    let read = BoolishValueParser::new().parse_ref(&clap::Command::default(), None, &said);
    read.unwrap_or(true)
}

/// What the files say, unless they are not followed.
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

/// What a registry is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Access {
    /// To read, by way of mirrors and where it was rewritten to.
    Pull,
    /// To write, too: there is no other place for that.
    Push,
}

/// A server that is about to be asked.
pub(crate) struct Server {
    /// What was named; of a whole registry, any repository.
    pub(crate) reference: Reference,
    /// The host that is the registry itself, and perhaps a port.
    pub(crate) host: String,
    /// Whether there are certificates for it, so that it speaks TLS.
    pub(crate) has_certificates: bool,
    pub(crate) endpoints: Arc<dyn Endpoints>,
}

impl Server {
    /// The registry of `reference`.
    ///
    /// # Errors
    ///
    /// It is blocked, or a file is not valid.
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

    /// The registry at `name`, as a whole.
    ///
    /// # Errors
    ///
    /// As for [`of`](Self::of), or it is no registry.
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
