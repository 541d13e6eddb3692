//! Media types, and which of them are manifests.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The longest media type that parses, in bytes: two sides of 127 and the slash.
const MAX_LEN: usize = 255;

/// The media types that need no memory of their own.
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

/// A media type as descriptors and manifests carry it.
///
/// Registries and tools put nearly anything here, so parsing only refuses what could do harm: control characters,
/// white space other than the plain space, and more than 255 bytes. [`is_rfc6838`](Self::is_rfc6838) tells whether it
/// is also well formed.
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
    /// Bytes of which nothing is known.
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

    /// A media type known when the program was written.
    pub const fn from_static(text: &'static str) -> Self {
        Self {
            text: Cow::Borrowed(text),
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether both sides of the slash follow RFC 6838, section 4.2.
    pub fn is_rfc6838(&self) -> bool {
        self.text
            .split_once('/')
            .is_some_and(|(kind, subtype)| is_restricted_name(kind) && is_restricted_name(subtype))
    }

    /// Whether what comes before the parameters follows RFC 6838, section 4.2.
    pub fn has_rfc6838_essence(&self) -> bool {
        let essence = self.text.split(';').next().unwrap_or_default().trim_end();
        let parts = essence.split_once('/');
        parts.is_some_and(|(kind, subtype)| is_restricted_name(kind) && is_restricted_name(subtype))
    }

    /// The kind of manifest that has this media type; `None` for a blob's.
    ///
    /// Parameters and letter case do not count.
    pub fn manifest_kind(&self) -> Option<ManifestKind> {
        let essence = self.text.split(';').next().unwrap_or_default().trim();
        ManifestKind::ALL
            .into_iter()
            .find(|kind| kind.media_type().as_str().eq_ignore_ascii_case(essence))
    }

    /// Whether content of this type may only be fetched from elsewhere and is left out of copies.
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
        // A document may have thousands of descriptors of few types.
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

/// A text that cannot be a media type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid media type {text:?}: expected text like \"application/vnd.example+json\"")]
pub struct InvalidMediaType {
    text: String,
}

impl InvalidMediaType {
    /// Says that `text` is not a media type.
    pub fn new(text: &str) -> Self {
        Self {
            text: crate::digest::shorten(text),
        }
    }
}

/// The five kinds of manifest that this library reads.
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
    /// Every kind, the most common first: the order of an `Accept` header.
    pub const ALL: [Self; 5] = [
        Self::OciManifest,
        Self::OciIndex,
        Self::DockerManifest,
        Self::DockerManifestList,
        Self::OciArtifact,
    ];

    /// The media type of this kind.
    pub fn media_type(self) -> MediaType {
        match self {
            Self::OciArtifact => MediaType::OCI_ARTIFACT,
            Self::OciIndex => MediaType::OCI_INDEX,
            Self::OciManifest => MediaType::OCI_MANIFEST,
            Self::DockerManifest => MediaType::DOCKER_MANIFEST,
            Self::DockerManifestList => MediaType::DOCKER_MANIFEST_LIST,
        }
    }

    /// Whether it lists manifests rather than blobs.
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
