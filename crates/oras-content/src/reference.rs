//! References: registry, repository, and tag or digest.

use std::fmt;
use std::str::FromStr;

use crate::{Digest, IntoName, InvalidReference, Name, Tag};

/// A registry and a repository in it, with an optional tag, digest or both.
///
/// The text is `registry/repository[:tag][@digest]`. There is no default registry and there are no short names. A
/// leading `oci://`, `http://` or `https://` is ignored; it does not choose the protocol.
///
/// Spec: distribution-spec v1.1, "Pulling manifests".
///
/// ```
/// use oras_content::Reference;
///
/// let reference: Reference = "[::1]:5000/team/app:v1".parse()?;
/// assert_eq!(reference.registry(), "[::1]:5000");
/// assert_eq!(reference.repository(), "team/app");
/// assert_eq!(reference.name(), Some(&"v1".parse()?));
/// # Ok::<(), oras_content::InvalidReference>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Reference {
    registry: String,
    repository: String,
    tag: Option<Tag>,
    /// The digest if there is one, or else the tag.
    name: Option<Name>,
}

impl Reference {
    /// Creates a reference to a whole repository.
    ///
    /// # Errors
    ///
    /// [`InvalidReference`]: the host or the name does not follow the grammar.
    pub fn new(registry: &str, repository: &str) -> Result<Self, InvalidReference> {
        let text = || format!("{registry}/{repository}");
        check_registry(registry).map_err(|reason| InvalidReference::new(&text(), reason))?;
        check_repository(repository).map_err(|reason| InvalidReference::new(&text(), reason))?;
        Ok(Self {
            registry: registry.to_owned(),
            repository: repository.to_owned(),
            tag: None,
            name: None,
        })
    }

    /// Creates a reference to an arbitrary repository of a registry, for properties that all its repositories share,
    /// such as the [host](Self::host).
    ///
    /// ```
    /// use oras_content::Reference;
    ///
    /// assert_eq!(Reference::of_registry("docker.io")?.host(), "registry-1.docker.io");
    /// let error = Reference::of_registry("localhost:x").unwrap_err();
    /// assert!(error.to_string().starts_with(r#"invalid reference "localhost:x""#));
    /// # Ok::<(), oras_content::InvalidReference>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`InvalidReference`]: the host does not follow the grammar.
    pub fn of_registry(registry: &str) -> Result<Self, InvalidReference> {
        Self::new(registry, "any").map_err(|error| InvalidReference::new(registry, error.reason()))
    }

    /// Returns a reference to the same repository with this tag and no digest.
    ///
    /// # Errors
    ///
    /// [`InvalidReference`]: the tag does not follow the grammar.
    pub fn with_tag(&self, tag: &str) -> Result<Self, InvalidReference> {
        let tag: Tag = tag.parse()?;
        tag.check()?;
        Ok(Self {
            tag: Some(tag.clone()),
            name: Some(tag.into()),
            ..self.clone()
        })
    }

    /// Returns a reference to the same repository with this digest and no tag.
    #[must_use]
    pub fn with_digest(&self, digest: Digest) -> Self {
        Self {
            tag: None,
            name: Some(digest.into()),
            ..self.clone()
        }
    }

    /// Returns the registry as written: a host and an optional port.
    pub fn registry(&self) -> &str {
        &self.registry
    }

    /// Returns the host and port to connect to. Docker Hub's API host differs from the one in references.
    pub fn host(&self) -> &str {
        match self.registry.as_str() {
            "docker.io" | "index.docker.io" => "registry-1.docker.io",
            other => other,
        }
    }

    /// Returns the name of the repository.
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// Returns the tag.
    pub fn tag(&self) -> Option<&Tag> {
        self.tag.as_ref()
    }

    /// Returns the digest. If there is a tag too, the digest takes precedence.
    pub fn digest(&self) -> Option<&Digest> {
        self.name.as_ref()?.digest()
    }

    /// Returns what identifies the content within the repository: the digest if there is one, or else the tag.
    pub fn name(&self) -> Option<&Name> {
        self.name.as_ref()
    }
}

impl IntoName for &Reference {
    fn into_name(self) -> Result<Option<Name>, InvalidReference> {
        Ok(self.name().cloned())
    }
}

impl FromStr for Reference {
    type Err = InvalidReference;

    fn from_str(text: &str) -> Result<Self, InvalidReference> {
        let fail = |reason| InvalidReference::new(text, reason);
        let mut rest = text;
        for scheme in ["oci://", "http://", "https://"] {
            rest = rest.strip_prefix(scheme).unwrap_or(rest);
        }
        let (registry, path) = rest
            .split_once('/')
            .ok_or_else(|| fail("expected registry/repository[:tag][@digest]"))?;
        let (name, digest) = match path.split_once('@') {
            Some((name, digest)) => (
                name,
                Some(
                    digest
                        .parse()
                        .map_err(|_| fail("the part after '@' is not a digest"))?,
                ),
            ),
            None => (path, None),
        };
        let (repository, tag) = match name.split_once(':') {
            // Some tools write an empty tag next to a digest.
            Some((repository, "")) if digest.is_some() => (repository, None),
            Some((repository, tag)) => (repository, Some(tag)),
            None => (name, None),
        };
        check_registry(registry).map_err(fail)?;
        check_repository(repository).map_err(fail)?;
        let tag = match tag {
            Some(tag) => {
                let tag = tag.parse::<Tag>().map_err(|error| fail(error.reason()))?;
                tag.check().map_err(|error| fail(error.reason()))?;
                Some(tag)
            }
            None => None,
        };
        let name = digest.map(Name::Digest);
        Ok(Self {
            registry: registry.to_owned(),
            repository: repository.to_owned(),
            name: name.or_else(|| tag.clone().map(Name::Tag)),
            tag,
        })
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.registry, self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = self.digest() {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
}

/// Checks that `name` is a valid repository name: lower-case components joined by slashes.
///
/// # Errors
///
/// [`InvalidReference`]: it is not.
pub fn check_repository_name(name: &str) -> Result<(), InvalidReference> {
    check_repository(name).map_err(|reason| InvalidReference::new(name, reason))
}

/// Checks that `registry` is a valid host of a reference: a name or address and an optional port.
///
/// # Errors
///
/// [`InvalidReference`]: it is not.
pub fn check_registry_name(registry: &str) -> Result<(), InvalidReference> {
    check_registry(registry).map_err(|reason| InvalidReference::new(registry, reason))
}

fn check_registry(registry: &str) -> Result<(), &'static str> {
    let (host, port) = split_port(registry)?;
    if let Some(port) = port {
        let valid =
            port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|port| port > 0);
        if !valid {
            return Err("the port is not a number from 1 to 65535");
        }
    }
    if host.starts_with('[') {
        return Ok(());
    }
    let label = |label: &str| {
        !label.is_empty()
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    if host.len() <= 255 && host.split('.').all(label) {
        Ok(())
    } else {
        Err("the registry is not a host name or address")
    }
}

fn split_port(registry: &str) -> Result<(&str, Option<&str>), &'static str> {
    if !registry.starts_with('[') {
        return Ok(match registry.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (registry, None),
        });
    }
    let end = registry.find(']').ok_or("the registry lacks a closing bracket")?;
    let (bracketed, rest) = registry.split_at(end + 1);
    let address = &bracketed[1..end];
    if address.parse::<std::net::Ipv6Addr>().is_err() {
        return Err("the registry is not an IPv6 address in brackets");
    }
    match rest.strip_prefix(':') {
        Some(port) => Ok((bracketed, Some(port))),
        None if rest.is_empty() => Ok((bracketed, None)),
        None => Err("expected a port after the closing bracket"),
    }
}

fn check_repository(name: &str) -> Result<(), &'static str> {
    if name.split('/').all(is_name_component) {
        Ok(())
    } else {
        Err("the repository is not made of lower-case letters, digits and single separators")
    }
}

/// Matches `[a-z0-9]+` parts joined by one dot, one or two underscores, or any number of hyphens.
fn is_name_component(component: &str) -> bool {
    let alphanumeric = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let bytes = component.as_bytes();
    let (Some(&first), Some(&last)) = (bytes.first(), bytes.last()) else {
        return false;
    };
    if !alphanumeric(first) || !alphanumeric(last) {
        return false;
    }
    bytes.split(|&b| alphanumeric(b)).all(|separator| {
        matches!(separator, b"" | b"." | b"_" | b"__") || separator.iter().all(|&b| b == b'-')
    })
}
