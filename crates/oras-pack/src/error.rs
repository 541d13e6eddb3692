//! Why a manifest could not be packed.

use oras_content::InvalidMediaType;

/// Why a manifest could not be packed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PackError {
    /// An artifact manifest has no configuration.
    #[error("an artifact manifest cannot have a configuration; leave it out, or pack an image")]
    ConfigUnsupported,
    /// The time of creation is not a date and time of RFC 3339.
    #[error("{value:?} is not a date and time such as 2000-01-31T23:59:59Z")]
    InvalidCreated {
        /// What the annotation says.
        value: String,
    },
    /// The artifact type, or the media type of the configuration, is not a media type.
    #[error(transparent)]
    InvalidMediaType(#[from] InvalidMediaType),
    /// Image-spec 1.1 wants an artifact type where there is no configuration that tells one.
    #[error("an artifact type is required unless a configuration with its own media type is given")]
    MissingArtifactType,
    /// The store did not take the content.
    #[error(transparent)]
    Push(#[from] oras_content::Error),
    /// Before image-spec 1.1 an image tells what it is by its configuration alone.
    #[error(
        "a manifest before image-spec 1.1 cannot have both a configuration and an artifact type; leave one out, or pack it as 1.1"
    )]
    TypeUnsupported,
    /// Image-spec 1.0 has no subject.
    #[error("a manifest of image-spec 1.0 cannot have a subject; pack it as 1.1")]
    SubjectUnsupported,
}
