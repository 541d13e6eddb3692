//! `CredentialKey`: the name a credential is stored under.

use std::fmt;

use crate::registry_name::{host_port, is_docker_hub, without_default_port};

/// The canonical name of Docker Hub.
const DOCKER_HUB: &str = "docker.io";

/// The name a credential is stored under: a registry, or a part of one.
///
/// Requests share tokens only if their credentials have the same key.
///
/// The text form is `host`, `host:port`, or either with a namespace, as in `quay.io/team/app`. Text is normalised: the
/// host is in lower case, the port 443 is removed, all names of Docker Hub become `docker.io`, and a URL means its
/// whole host. Any text is a key. One that is not the name of a registry matches nothing.
///
/// ```
/// use oras_auth::CredentialKey;
///
/// let key = CredentialKey::from("QUAY.io/team/app");
/// assert_eq!((key.registry(), key.namespace()), ("quay.io", Some("team/app")));
/// assert_eq!(CredentialKey::from("https://index.docker.io/v1/").to_string(), "docker.io");
/// ```
///
/// Spec: containers-auth.json(5), "FORMAT", for namespaces.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CredentialKey {
    registry: Box<str>,
    namespace: Option<Box<str>>,
}

impl CredentialKey {
    /// Returns `host` or `host:port`.
    pub fn registry(&self) -> &str {
        &self.registry
    }

    /// Returns the repository, or the first parts of its name. `None` means the whole registry.
    pub fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }

    /// Limits the key to the repository `namespace`, and those whose names start with it and `/`.
    #[must_use]
    pub fn with_namespace(mut self, namespace: &str) -> Self {
        let namespace = namespace.trim_matches('/');
        self.namespace = (!namespace.is_empty()).then(|| namespace.into());
        self
    }
}

impl From<&str> for CredentialKey {
    fn from(text: &str) -> Self {
        let registry = host_port(text);
        let namespace = match text.contains("://") {
            true => "",
            false => &text[registry.len()..],
        };
        let registry = match is_docker_hub(registry) {
            true => DOCKER_HUB.to_owned(),
            false => without_default_port(registry).to_ascii_lowercase(),
        };
        let whole = Self {
            registry: registry.into(),
            namespace: None,
        };
        whole.with_namespace(namespace)
    }
}

impl From<String> for CredentialKey {
    fn from(text: String) -> Self {
        text.as_str().into()
    }
}

impl From<&String> for CredentialKey {
    fn from(text: &String) -> Self {
        text.as_str().into()
    }
}

impl fmt::Display for CredentialKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.registry)?;
        match &self.namespace {
            Some(namespace) => write!(f, "/{namespace}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_has_one_normal_form() {
        for (text, normal) in [
            ("REG.example:5000", "reg.example:5000"),
            ("reg.example/", "reg.example"),
            ("reg.example:443", "reg.example"),
            ("reg.example:443/Team", "reg.example/Team"),
            ("reg.example/Team//", "reg.example/Team"),
            ("https://reg.example/v2/", "reg.example"),
            ("registry-1.docker.io/library", "docker.io/library"),
            ("", ""),
        ] {
            assert_eq!(CredentialKey::from(text).to_string(), normal, "{text}");
        }
    }
}
