//! Descriptors: the media type, digest and size of content.

use std::collections::BTreeMap;
use std::pin::pin;

use bytes::Bytes;
use futures_util::TryStreamExt;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use tokio::io::AsyncRead;
use tokio_util::io::ReaderStream;

use crate::content::READ_SIZE;
use crate::{Algorithm, Annotations, Digest, Error, Hasher, MediaType, Platform};

/// The media type, digest and size of content, with optional metadata.
///
/// Members unknown to the specification survive a round trip in [`extra`](Self::extra).
///
/// Spec: image-spec v1.1, `descriptor.md`.
///
/// ```
/// use oras_content::{Descriptor, MediaType};
///
/// let hello = Descriptor::of(MediaType::from_static("text/plain"), b"hello");
/// assert_eq!(hello.size, 5);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Descriptor {
    /// The media type of the content.
    pub media_type: MediaType,
    /// The digest of the content.
    pub digest: Digest,
    /// The length of the content in bytes, at most 2^63 - 1.
    #[serde(deserialize_with = "size")]
    pub size: u64,
    /// Alternative locations of the content. This library never follows them on its own.
    #[serde(
        default,
        deserialize_with = "crate::json::null_as_default",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub urls: Vec<String>,
    /// Annotations, ordered by key.
    #[serde(
        default,
        deserialize_with = "crate::json::null_as_default",
        skip_serializing_if = "BTreeMap::is_empty"
    )]
    pub annotations: Annotations,
    /// The content itself, if embedded. Trust it only after comparing size and digest.
    #[serde(default, with = "embedded", skip_serializing_if = "Option::is_none")]
    pub data: Option<Bytes>,
    /// The platform that a manifest in an index runs on. Boxed, because few descriptors have one and stores keep many
    /// descriptors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<Box<Platform>>,
    /// The artifact type of the manifest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifact_type: Option<MediaType>,
    /// Members unknown to the specification.
    #[serde(flatten)]
    pub extra: BTreeMap<String, serde_json::Value>,
}

impl Descriptor {
    /// Creates a descriptor from a media type, digest and size.
    pub fn new(media_type: MediaType, digest: Digest, size: u64) -> Self {
        Self {
            media_type,
            digest,
            size,
            urls: Vec::new(),
            annotations: Annotations::new(),
            data: None,
            platform: None,
            artifact_type: None,
            extra: BTreeMap::new(),
        }
    }

    /// Describes `content` with its sha256 digest.
    pub fn of(media_type: MediaType, content: &[u8]) -> Self {
        Self::new(media_type, Digest::sha256(content), content.len() as u64)
    }

    /// Describes the content of `reader` with its sha256 digest. Reads to the end, 64 KiB at a time.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Storage`](crate::ErrorKind::Storage): the reader failed.
    ///
    /// # Example
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), oras_content::Error> {
    /// use oras_content::{Descriptor, MediaType};
    ///
    /// let read = Descriptor::of_reader(MediaType::OCTET_STREAM, &b"hello"[..]).await?;
    /// assert_eq!(read, Descriptor::of(MediaType::OCTET_STREAM, b"hello"));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn of_reader(media_type: MediaType, reader: impl AsyncRead + Send) -> crate::Result<Self> {
        let mut frames = pin!(ReaderStream::with_capacity(reader, READ_SIZE));
        let (mut hasher, mut size) = (Hasher::new(Algorithm::Sha256), 0);
        let failed = |error| Error::storage("the reader", error);
        while let Some(frame) = frames.try_next().await.map_err(failed)? {
            hasher.update(&frame);
            size += frame.len() as u64;
        }
        Ok(Self::new(media_type, hasher.finish(), size))
    }

    /// Describes the two-byte empty JSON object, with its content embedded.
    ///
    /// Spec: image-spec v1.1, `manifest.md`, "Guidance for an Empty Descriptor".
    pub fn empty_json() -> Self {
        let mut descriptor = Self::of(MediaType::OCI_EMPTY, b"{}");
        descriptor.data = Some(Bytes::from_static(b"{}"));
        descriptor
    }

    /// Adds or replaces an annotation.
    #[must_use]
    pub fn with_annotation(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.annotations.insert(key.into(), value.into());
        self
    }

    /// Replaces all annotations.
    #[must_use]
    pub fn with_annotations(mut self, annotations: Annotations) -> Self {
        self.annotations = annotations;
        self
    }

    /// Sets the artifact type.
    #[must_use]
    pub fn with_artifact_type(mut self, artifact_type: MediaType) -> Self {
        self.artifact_type = Some(artifact_type);
        self
    }

    /// Sets the platform.
    #[must_use]
    pub fn with_platform(mut self, platform: Platform) -> Self {
        self.platform = Some(Box::new(platform));
        self
    }

    /// Returns a descriptor with only the media type, digest and size.
    #[must_use]
    pub fn plain(&self) -> Self {
        Self::new(self.media_type.clone(), self.digest.clone(), self.size)
    }

    /// Returns `true` if media type, digest and size are equal.
    pub fn is_same_content(&self, other: &Self) -> bool {
        self.media_type == other.media_type && self.digest == other.digest && self.size == other.size
    }

    /// Returns the value of an annotation.
    pub fn annotation(&self, key: &str) -> Option<&str> {
        self.annotations.get(key).map(String::as_str)
    }

    /// Returns the file name in the title annotation, unless it is empty.
    pub fn title(&self) -> Option<&str> {
        self.annotation(crate::annotations::TITLE)
            .filter(|title| !title.is_empty())
    }

    /// Returns `true` if the media type is that of a manifest this library reads.
    pub fn is_manifest(&self) -> bool {
        self.media_type.manifest_kind().is_some()
    }
}

fn size<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let size = u64::deserialize(deserializer)?;
    if i64::try_from(size).is_err() {
        return Err(serde::de::Error::custom("size is larger than 2^63 - 1"));
    }
    Ok(size)
}

mod embedded {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::{Bytes, Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(data: &Option<Bytes>, serializer: S) -> Result<S::Ok, S::Error> {
        data.as_ref()
            .map(|bytes| STANDARD.encode(bytes))
            .serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Bytes>, D::Error> {
        let Some(text) = Option::<String>::deserialize(deserializer)? else {
            return Ok(None);
        };
        let bytes = STANDARD
            .decode(text)
            .map_err(|_| serde::de::Error::custom("data is not base64"))?;
        Ok(Some(bytes.into()))
    }
}
