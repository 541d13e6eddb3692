//! Media types and the kinds of manifest.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Upper bound on a media type's length in bytes: two parts of 127 and the slash.
const MAX_LEN: usize = 255;

/// Common media types, which need no allocation.
static COMMON: [MediaType; 12] = [
    MediaType::OCI_MANIFEST,
    MediaType::OCI_LAYER_GZIP,
    MediaType::OCI_LAYER,
    MediaType::OCI_LAYER_ZSTD,
    MediaType::OCI_CONFIG,
    MediaType::OCI_EMPTY,
    MediaType::OCI_INDEX,
    MediaType::DOCKER_MANIFEST,
    MediaType::DOCKER_MANIFEST_LIST,
    MediaType::DOCKER_CONFIG,
    MediaType::DOCKER_LAYER_GZIP,
    MediaType::OCTET_STREAM,
];

/// A media type, as found in descriptors and manifests.
///
/// Registries and tools put nearly anything here, so parsing rejects only what could do harm: control characters, white
/// space other than the plain space, and more than 255 bytes. Use [`is_rfc6838`](Self::is_rfc6838) to check whether it
/// is well formed.
///
/// ```
/// use oras_content::MediaType;
///
/// let plain: MediaType = "text/plain".parse()?;
/// assert!(plain.is_rfc6838());
/// assert!("text/plain\r\nX: y".parse::<MediaType>().is_err());
/// # Ok::<(), oras_content::InvalidMediaType>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MediaType {
    text: Cow<'static, str>,
}

impl MediaType {
    /// Arbitrary bytes.
    pub const OCTET_STREAM: Self = Self::from_static("application/octet-stream");
    /// An OCI image manifest.
    pub const OCI_MANIFEST: Self = Self::from_static("application/vnd.oci.image.manifest.v1+json");
    /// An OCI image index.
    pub const OCI_INDEX: Self = Self::from_static("application/vnd.oci.image.index.v1+json");
    /// An OCI image configuration.
    pub const OCI_CONFIG: Self = Self::from_static("application/vnd.oci.image.config.v1+json");
    /// An OCI layer, uncompressed.
    pub const OCI_LAYER: Self = Self::from_static("application/vnd.oci.image.layer.v1.tar");
    /// An OCI layer, compressed with gzip.
    pub const OCI_LAYER_GZIP: Self = Self::from_static("application/vnd.oci.image.layer.v1.tar+gzip");
    /// An OCI layer, compressed with zstd.
    pub const OCI_LAYER_ZSTD: Self = Self::from_static("application/vnd.oci.image.layer.v1.tar+zstd");
    /// The empty JSON object of image-spec v1.1, "Guidance for an Empty Descriptor".
    pub const OCI_EMPTY: Self = Self::from_static("application/vnd.oci.empty.v1+json");
    /// The artifact manifest that image-spec v1.1 dropped before its release.
    pub const OCI_ARTIFACT: Self = Self::from_static("application/vnd.oci.artifact.manifest.v1+json");
    /// A Docker image manifest, schema 2.
    pub const DOCKER_MANIFEST: Self =
        Self::from_static("application/vnd.docker.distribution.manifest.v2+json");
    /// A Docker manifest list.
    pub const DOCKER_MANIFEST_LIST: Self =
        Self::from_static("application/vnd.docker.distribution.manifest.list.v2+json");
    /// A Docker image configuration.
    pub const DOCKER_CONFIG: Self = Self::from_static("application/vnd.docker.container.image.v1+json");
    /// A Docker layer, compressed with gzip.
    pub const DOCKER_LAYER_GZIP: Self =
        Self::from_static("application/vnd.docker.image.rootfs.diff.tar.gzip");

    /// Creates a media type from a constant, without checks.
    pub const fn from_static(text: &'static str) -> Self {
        Self {
            text: Cow::Borrowed(text),
        }
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns `true` if both sides of the slash follow RFC 6838, section 4.2.
    pub fn is_rfc6838(&self) -> bool {
        self.text
            .split_once('/')
            .is_some_and(|(kind, subtype)| is_restricted_name(kind) && is_restricted_name(subtype))
    }

    /// Returns `true` if the part before any parameters follows RFC 6838, section 4.2.
    pub fn has_rfc6838_essence(&self) -> bool {
        let essence = self.text.split(';').next().unwrap_or_default().trim_end();
        let parts = essence.split_once('/');
        parts.is_some_and(|(kind, subtype)| is_restricted_name(kind) && is_restricted_name(subtype))
    }

    /// Returns the kind of manifest with this media type, or `None` if it is a blob's.
    ///
    /// Parameters and letter case are ignored.
    pub fn manifest_kind(&self) -> Option<ManifestKind> {
        let essence = self.text.split(';').next().unwrap_or_default().trim();
        ManifestKind::ALL
            .into_iter()
            .find(|kind| kind.media_type().as_str().eq_ignore_ascii_case(essence))
    }

    /// Returns `true` if content of this type is only available from its original location and is left out of copies.
    ///
    /// Spec: image-spec v1.1, `layer.md`, "Non-Distributable Layers".
    pub fn is_non_distributable(&self) -> bool {
        matches!(
            self.as_str(),
            "application/vnd.oci.image.layer.nondistributable.v1.tar"
                | "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip"
                | "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd"
                | "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"
        )
    }
}

impl FromStr for MediaType {
    type Err = InvalidMediaType;

    fn from_str(text: &str) -> Result<Self, InvalidMediaType> {
        let harmless = text.len() <= MAX_LEN
            && text
                .chars()
                .all(|c| !c.is_control() && (c == ' ' || !c.is_whitespace()));
        if !harmless {
            return Err(InvalidMediaType {
                text: crate::digest::shorten(text),
            });
        }
        // A document may have thousands of descriptors but few distinct types.
        let common = COMMON.iter().find(|common| common.as_str() == text);
        Ok(common.cloned().unwrap_or_else(|| Self {
            text: Cow::Owned(text.to_owned()),
        }))
    }
}

impl fmt::Display for MediaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for MediaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MediaType({})", self.text)
    }
}

impl PartialEq<str> for MediaType {
    fn eq(&self, other: &str) -> bool {
        self.text == other
    }
}

impl Serialize for MediaType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for MediaType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// The error for text that is not a media type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid media type {text:?}: expected text like \"application/vnd.example+json\"")]
pub struct InvalidMediaType {
    text: String,
}

impl InvalidMediaType {
    /// Creates an error saying that `text` is not a media type.
    pub fn new(text: &str) -> Self {
        Self {
            text: crate::digest::shorten(text),
        }
    }
}

/// One of the five kinds of manifest that this library reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ManifestKind {
    /// The artifact manifest that image-spec v1.1 dropped before its release.
    OciArtifact,
    /// An OCI image index.
    OciIndex,
    /// An OCI image manifest.
    OciManifest,
    /// A Docker image manifest, schema 2.
    DockerManifest,
    /// A Docker manifest list.
    DockerManifestList,
}

impl ManifestKind {
    /// All kinds, most common first, as in an `Accept` header.
    pub const ALL: [Self; 5] = [
        Self::OciManifest,
        Self::OciIndex,
        Self::DockerManifest,
        Self::DockerManifestList,
        Self::OciArtifact,
    ];

    /// Returns the media type of this kind.
    pub fn media_type(self) -> MediaType {
        match self {
            Self::OciArtifact => MediaType::OCI_ARTIFACT,
            Self::OciIndex => MediaType::OCI_INDEX,
            Self::OciManifest => MediaType::OCI_MANIFEST,
            Self::DockerManifest => MediaType::DOCKER_MANIFEST,
            Self::DockerManifestList => MediaType::DOCKER_MANIFEST_LIST,
        }
    }

    /// Returns `true` if manifests of this kind list manifests rather than blobs.
    pub fn is_index(self) -> bool {
        matches!(self, Self::OciIndex | Self::DockerManifestList)
    }
}

fn is_restricted_name(name: &str) -> bool {
    let starts_well = name.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric());
    starts_well
        && name.len() <= 127
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b))
}
