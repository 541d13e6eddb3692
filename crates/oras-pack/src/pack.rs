//! `pack_manifest`: builds a manifest, then pushes it with the empty content it refers to.

use oras_content::{
    Descriptor, ImageManifest, InvalidMediaType, Manifest, MediaType, Verified, Writer, WriterExt,
    annotations,
};

use crate::artifact::ArtifactManifest;
use crate::created::{ARTIFACT_CREATED, ensure_created};
use crate::{ManifestVersion, PackError, PackOptions};

/// The configuration's media type in a manifest of image-spec 1.0 that is packed without an artifact type.
pub const UNKNOWN_CONFIG: MediaType = MediaType::from_static("application/vnd.unknown.config.v1+json");

/// The artifact type of an [artifact manifest](ManifestVersion::V1_1Rc2Artifact) that is packed without one.
pub const UNKNOWN_ARTIFACT: MediaType = MediaType::from_static("application/vnd.unknown.artifact.v1");

/// Packs a manifest and pushes it, along with the empty configuration or layer if it needs one.
///
/// `artifact_type` may be empty if a configuration with its own media type is given, and for all versions except
/// [`ManifestVersion::V1_1`]. Packing is reproducible if the options set the annotation
/// [`CREATED`](oras_content::annotations::CREATED). The returned descriptor includes the artifact type and annotations.
///
/// Spec: image-spec v1.1, `manifest.md`, "Guidelines for Artifact Usage".
///
/// # Errors
///
/// - [`PackError::MissingArtifactType`]: neither `artifact_type` nor the configuration gives the type; 1.1 only.
/// - [`PackError::InvalidMediaType`]: `artifact_type` or the configuration's media type does not follow RFC 6838.
/// - [`PackError::InvalidCreated`]: the creation time annotation is not an RFC 3339 date and time.
/// - [`PackError::TypeUnsupported`]: both a configuration and an artifact type for [`ManifestVersion::V1_0`] or
///   [`ManifestVersion::V1_1Rc2Image`], where the type of the artifact is that of the configuration.
/// - [`PackError::ConfigUnsupported`]: a configuration for [`ManifestVersion::V1_1Rc2Artifact`].
/// - [`PackError::SubjectUnsupported`]: a subject for [`ManifestVersion::V1_0`].
/// - [`PackError::Push`]: the store failed. Content that is already present is not an error.
pub async fn pack_manifest<W: Writer + ?Sized>(
    writer: &W,
    version: ManifestVersion,
    artifact_type: &str,
    options: PackOptions,
) -> Result<Descriptor, PackError> {
    let plan = match version {
        ManifestVersion::V1_0 if options.subject.is_some() => return Err(PackError::SubjectUnsupported),
        ManifestVersion::V1_0 | ManifestVersion::V1_1Rc2Image => {
            Plan::typed_by_config(artifact_type, options)?
        }
        ManifestVersion::V1_1Rc2Artifact => Plan::artifact(artifact_type, options)?,
        ManifestVersion::V1_1 => Plan::v1_1(artifact_type, options)?,
    };
    plan.push(writer).await
}

/// A manifest, and the descriptors under which it refers to an empty JSON object.
struct Plan {
    content: Verified,
    empties: Vec<Descriptor>,
}

impl Plan {
    fn typed_by_config(artifact_type: &str, options: PackOptions) -> Result<Self, PackError> {
        let mut empties = Vec::new();
        let config = match options.config {
            Some(_) if !artifact_type.is_empty() => return Err(PackError::TypeUnsupported),
            Some(config) => config,
            None => {
                let media_type = match artifact_type {
                    "" => UNKNOWN_CONFIG,
                    text => media_type(text)?,
                };
                let made = Descriptor::of(media_type, b"{}").with_annotations(options.config_annotations);
                empties.push(made.clone());
                made
            }
        };
        check_rfc6838(&config.media_type)?;
        let mut manifest = ImageManifest::new(config);
        manifest.layers = options.layers;
        manifest.subject = options.subject;
        manifest.annotations = options.annotations;
        ensure_created(&mut manifest.annotations, annotations::CREATED)?;
        let content = manifest.to_content();
        Ok(Self { content, empties })
    }

    fn v1_1(artifact_type: &str, options: PackOptions) -> Result<Self, PackError> {
        let tells_type = |config: &Descriptor| config.media_type != MediaType::OCI_EMPTY;
        if artifact_type.is_empty() && !options.config.as_ref().is_some_and(tells_type) {
            return Err(PackError::MissingArtifactType);
        }
        let artifact_type = match artifact_type {
            "" => None,
            text => Some(media_type(text)?),
        };
        let mut empties = Vec::new();
        let config = options.config.unwrap_or_else(|| {
            let made = Descriptor::empty_json().with_annotations(options.config_annotations);
            empties.push(made.clone());
            made
        });
        check_rfc6838(&config.media_type)?;
        let mut manifest = ImageManifest::new(config);
        manifest.artifact_type = artifact_type;
        manifest.layers = options.layers;
        if manifest.layers.is_empty() {
            manifest.layers.push(Descriptor::empty_json());
            empties.push(Descriptor::empty_json());
        }
        manifest.subject = options.subject;
        manifest.annotations = options.annotations;
        ensure_created(&mut manifest.annotations, annotations::CREATED)?;
        let content = manifest.to_content();
        Ok(Self { content, empties })
    }

    fn artifact(artifact_type: &str, options: PackOptions) -> Result<Self, PackError> {
        if options.config.is_some() {
            return Err(PackError::ConfigUnsupported);
        }
        let artifact_type = match artifact_type {
            "" => UNKNOWN_ARTIFACT,
            text => media_type(text)?,
        };
        let mut manifest = ArtifactManifest::new(artifact_type);
        manifest.blobs = options.layers;
        manifest.subject = options.subject;
        manifest.annotations = options.annotations;
        ensure_created(&mut manifest.annotations, ARTIFACT_CREATED)?;
        Ok(Self {
            content: manifest.to_content(),
            empties: Vec::new(),
        })
    }

    async fn push<W: Writer + ?Sized>(mut self, writer: &W) -> Result<Descriptor, PackError> {
        self.empties
            .dedup_by(|one, other| one.digest == other.digest && one.media_type == other.media_type);
        for empty in &self.empties {
            let body = Verified::of(empty.media_type.clone(), &b"{}"[..]);
            writer.push(empty, body).await?;
        }
        let descriptor = Manifest::parse(self.content.clone())?.referrer_descriptor();
        // Without annotations, because a file store would use a title as a file name.
        writer.push(&descriptor.plain(), self.content).await?;
        Ok(descriptor)
    }
}

fn media_type(text: &str) -> Result<MediaType, PackError> {
    let media_type: MediaType = text.parse()?;
    check_rfc6838(&media_type)?;
    Ok(media_type)
}

fn check_rfc6838(media_type: &MediaType) -> Result<(), PackError> {
    if media_type.is_rfc6838() {
        return Ok(());
    }
    Err(InvalidMediaType::new(media_type.as_str()).into())
}
