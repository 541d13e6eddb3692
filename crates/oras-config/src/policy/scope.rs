//! Scopes: the names that can have requirements in a policy, from the most specific to the most general.

use std::fmt;

use oras_content::{Reference, check_registry_name};
use serde::Deserialize;

/// The part of a policy that decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// An image, a repository, a namespace, a host, or `*.` and a domain.
    Name(String),
    /// The default of the transport `docker`, for all registries.
    Transport,
    /// The default of the policy.
    Default,
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => write!(f, "scope {name:?}"),
            Self::Transport => f.write_str("default of docker"),
            Self::Default => f.write_str("default"),
        }
    }
}

/// The scopes of `reference`, the most specific first, that of the transport last.
///
/// Spec: containers-policy.json(5), "`docker:`". The manual page does not mention references with both a tag and a
/// digest: they have the scopes of both, that of the digest first.
pub(crate) fn names(reference: &Reference) -> Vec<String> {
    let repository = format!("{}/{}", reference.registry(), reference.repository());
    let digest = reference.digest().map(|digest| format!("{repository}@{digest}"));
    let tag = reference.tag().map(|tag| format!("{repository}:{tag}"));
    let mut names: Vec<_> = digest.into_iter().chain(tag).collect();
    let mut name = repository.as_str();
    names.push(name.to_owned());
    while let Some((parent, _)) = name.rsplit_once('/') {
        names.push(parent.to_owned());
        name = parent;
    }
    names.extend(domains(reference.registry()));
    names.push(String::new());
    names
}

/// The wildcards that match a host, without its port.
fn domains(registry: &str) -> Vec<String> {
    let is_address = registry.starts_with('[');
    let mut host = registry.split(':').next().unwrap_or_default();
    let mut domains = Vec::new();
    while let Some((_, domain)) = host.split_once('.').filter(|_| !is_address) {
        domains.push(format!("*.{domain}"));
        host = domain;
    }
    domains
}

/// The name of a scope of the transport `docker`.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct DockerScope(pub(super) String);

impl AsRef<str> for DockerScope {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for DockerScope {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        let domain = name.strip_prefix("*.");
        let is_valid = match domain {
            Some(domain) => check_registry_name(domain).is_ok() && !domain.contains([':', '[']),
            None => !name.contains('*') && !name.ends_with('/'),
        };
        match is_valid {
            true => Ok(Self(name)),
            // It would match nothing, and the images it was meant to protect would fall under the default.
            false => Err(format!(
                "the scope {name:?} is neither a name nor *. and a domain"
            )),
        }
    }
}
