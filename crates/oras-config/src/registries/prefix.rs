//! Prefixes: their syntax, matching, and rewriting.

use std::borrow::Cow;

use oras_content::{Reference, check_registry_name};

/// The reference as in configuration files: an image of Docker Hub without a namespace is in `library`.
///
/// Spec: containers-registries.conf(5), "Normalization of docker.io references".
pub(crate) fn qualified(reference: &Reference) -> Cow<'_, Reference> {
    let is_hub = matches!(reference.registry(), "docker.io" | "index.docker.io");
    let is_bare = !reference.repository().contains('/');
    if !is_hub || (reference.registry() == "docker.io" && !is_bare) {
        return Cow::Borrowed(reference);
    }
    let text = reference.to_string();
    let (_, path) = text
        .split_once('/')
        .expect("a reference has a registry and a repository");
    let namespace = if is_bare { "library/" } else { "" };
    let full = format!("docker.io/{namespace}{path}");
    Cow::Owned(full.parse().expect("a namespace more keeps a reference valid"))
}

/// The number of bytes of `text` that the prefix matches, or `None` if it does not match.
pub(super) fn matching(text: &str, prefix: &str) -> Option<usize> {
    let length = match prefix.strip_prefix('*') {
        Some(domain) => wildcard(text, domain)?,
        None => text.starts_with(prefix).then_some(prefix.len())?,
    };
    // A host without a port is another server than the same host with one. A wildcard cannot have a port.
    let is_host = !prefix.contains('/') && !prefix.starts_with('*');
    match text.as_bytes().get(length) {
        None | Some(b'/') => Some(length),
        Some(b':' | b'@') if !is_host => Some(length),
        Some(_) => None,
    }
}

/// The end of the host in `text`, without its port, if it ends with `domain`, which starts with a dot.
fn wildcard(text: &str, domain: &str) -> Option<usize> {
    let end = text.find(['/', ':', '@']).unwrap_or(text.len());
    let host = text.get(..end)?;
    host.ends_with(domain).then_some(end)
}

/// Checks a prefix: a host, with an optional namespace, repository, tag or digest; or `*.` and a domain.
pub(super) fn check_prefix(prefix: &str) -> Result<(), &'static str> {
    let Some(domain) = prefix.strip_prefix("*.") else {
        return check_location(prefix);
    };
    match check_registry_name(domain) {
        Ok(()) if !domain.contains([':', '[']) => Ok(()),
        _ => Err("a wildcard is *. and a domain, without a port or a path"),
    }
}

/// Checks a location: a host, with an optional namespace, repository, tag or digest.
pub(super) fn check_location(location: &str) -> Result<(), &'static str> {
    if location.contains("://") {
        return Err("a location has no scheme");
    }
    if location.contains('*') {
        return Err("a wildcard is allowed in a prefix only, before a domain");
    }
    let Some((registry, path)) = location.split_once('/') else {
        return check_registry_name(location).map_err(|_| "not a host, or a host and a port");
    };
    check_registry_name(registry).map_err(|_| "does not begin with a host, or a host and a port")?;
    let is_valid = format!("{registry}/{path}").parse::<Reference>().is_ok();
    is_valid
        .then_some(())
        .ok_or("not a namespace or repository after the host")
}
