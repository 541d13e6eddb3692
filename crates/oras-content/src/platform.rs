//! Platforms of images and how they are matched.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The platform that a manifest in an index runs on.
///
/// Spec: image-spec v1.1, `image-index.md`, "platform".
///
/// ```
/// use oras_content::Platform;
///
/// let wanted: Platform = "linux/arm64/v8".parse()?;
/// assert_eq!(wanted.variant.as_deref(), Some("v8"));
/// # Ok::<(), oras_content::InvalidPlatform>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Platform {
    /// The CPU architecture, as Go names it: `amd64`, `arm64`.
    #[serde(default)]
    pub architecture: String,
    /// The operating system, as Go names it: `linux`, `windows`.
    #[serde(default)]
    pub os: String,
    /// The required version of the operating system.
    #[serde(rename = "os.version", default, skip_serializing_if = "Option::is_none")]
    pub os_version: Option<String>,
    /// The required features of the operating system.
    #[serde(
        rename = "os.features",
        default,
        deserialize_with = "crate::json::null_as_default",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub os_features: Vec<String>,
    /// The variant of the architecture, such as `v8`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// Members unknown to the specification.
    #[serde(flatten)]
    pub extra: BTreeMap<String, serde_json::Value>,
}

impl Platform {
    /// Creates a platform from an operating system and architecture.
    pub fn new(os: impl Into<String>, architecture: impl Into<String>) -> Self {
        Self {
            os: os.into(),
            architecture: architecture.into(),
            ..Self::default()
        }
    }

    /// Returns `true` if content for this platform satisfies a request for `wanted`.
    ///
    /// Operating system and architecture must be equal. Variant and version are compared only if `wanted` has them.
    /// Every feature of `wanted` must be present.
    pub fn satisfies(&self, wanted: &Self) -> bool {
        let asked = |have: &Option<String>, want: &Option<String>| want.is_none() || have == want;
        self.os == wanted.os
            && self.architecture == wanted.architecture
            && asked(&self.variant, &wanted.variant)
            && asked(&self.os_version, &wanted.os_version)
            && wanted
                .os_features
                .iter()
                .all(|feature| self.os_features.contains(feature))
    }
}

impl FromStr for Platform {
    type Err = InvalidPlatform;

    /// Parses `os/architecture[/variant][:os.version]`.
    fn from_str(text: &str) -> Result<Self, InvalidPlatform> {
        let invalid = || InvalidPlatform {
            text: crate::digest::shorten(text),
        };
        let (name, version) = match text.split_once(':') {
            Some((name, version)) if !version.is_empty() => (name, Some(version.to_owned())),
            Some(_) => return Err(invalid()),
            None => (text, None),
        };
        let parts: Vec<&str> = name.split('/').collect();
        if parts.iter().any(|part| part.is_empty()) {
            return Err(invalid());
        }
        let (os, architecture, variant) = match parts[..] {
            [os, architecture] => (os, architecture, None),
            [os, architecture, variant] => (os, architecture, Some(variant.to_owned())),
            _ => return Err(invalid()),
        };
        Ok(Self {
            variant,
            os_version: version,
            ..Self::new(os, architecture)
        })
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        if let Some(variant) = &self.variant {
            write!(f, "/{variant}")?;
        }
        if let Some(version) = &self.os_version {
            write!(f, ":{version}")?;
        }
        Ok(())
    }
}

/// The error for text that is not a platform.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "invalid platform {text:?}: expected os/architecture[/variant][:os-version], for example linux/arm64/v8"
)]
pub struct InvalidPlatform {
    text: String,
}
