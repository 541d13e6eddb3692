//! `PackError`: why a manifest could not be packed.

use oras_content::InvalidMediaType;

/// Why a manifest could not be packed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PackError {
    /// Artifact manifests cannot have a configuration.
    #[error("an artifact manifest cannot have a configuration; leave it out, or pack an image")]
    ConfigUnsupported,
    /// The creation time is not an RFC 3339 date and time.
    #[error("{value:?} is not a date and time such as 2000-01-31T23:59:59Z")]
    InvalidCreated {
        /// The value of the annotation.
        value: String,
    },
    /// The artifact type or the media type of the configuration is invalid.
    #[error(transparent)]
    InvalidMediaType(#[from] InvalidMediaType),
    /// Image-spec 1.1 requires an artifact type unless the configuration has a media type of its own.
    #[error("an artifact type is required unless a configuration with its own media type is given")]
    MissingArtifactType,
    /// The store rejected the content.
    #[error(transparent)]
    Push(#[from] oras_content::Error),
    /// Before image-spec 1.1, the type of an image is that of its configuration alone.
    #[error(
        "a manifest before image-spec 1.1 cannot have both a configuration and an artifact type; leave one out, or pack it as 1.1"
    )]
    TypeUnsupported,
    /// Image-spec 1.0 does not support subjects.
    #[error("a manifest of image-spec 1.0 cannot have a subject; pack it as 1.1")]
    SubjectUnsupported,
}
