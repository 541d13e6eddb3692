//! Parsing of manifest documents.

use serde::Deserialize;

use crate::json::null_as_default;
use crate::{Annotations, Descriptor, ManifestKind, MediaType};

/// The members of all five kinds. Unknown members are ignored; known ones must not be repeated.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Document {
    #[serde(default, deserialize_with = "null_as_default")]
    media_type: Option<MediaType>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) artifact_type: Option<MediaType>,
    #[serde(default)]
    pub(super) config: Option<Descriptor>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) layers: Vec<Descriptor>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) blobs: Vec<Descriptor>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) manifests: Vec<Descriptor>,
    #[serde(default)]
    pub(super) subject: Option<Descriptor>,
    #[serde(default, deserialize_with = "null_as_default")]
    pub(super) annotations: Annotations,
}

/// Why a document was rejected.
#[derive(Debug, thiserror::Error)]
pub(super) enum DocumentError {
    #[error("not a JSON document of the expected shape")]
    Json(#[from] serde_json::Error),
    #[error("not a JSON object")]
    NoObject,
    #[error("the document says it is {found:?}, but {expected:?} was expected")]
    MediaType { expected: &'static str, found: String },
    #[error("an image manifest without a config")]
    NoConfig,
    #[error("{member:?} is not allowed in a document of type {kind:?}")]
    Mixed {
        member: &'static str,
        kind: &'static str,
    },
}

impl Document {
    pub(super) fn read(kind: ManifestKind, bytes: &[u8]) -> Result<Self, DocumentError> {
        // serde would accept an array as the members in declaration order.
        if !bytes.trim_ascii_start().starts_with(b"{") {
            return Err(DocumentError::NoObject);
        }
        let mut document: Self = serde_json::from_slice(bytes)?;
        document.artifact_type = document.artifact_type.filter(|found| !found.as_str().is_empty());
        document.check(kind)?;
        Ok(document)
    }

    fn check(&self, kind: ManifestKind) -> Result<(), DocumentError> {
        if let Some(found) = &self.media_type
            && !found.as_str().is_empty()
            && found.manifest_kind() != Some(kind)
        {
            return Err(DocumentError::MediaType {
                expected: name(kind),
                found: found.to_string(),
            });
        }
        if let Some(member) = self.foreign_member(kind) {
            return Err(DocumentError::Mixed {
                member,
                kind: name(kind),
            });
        }
        let is_image = matches!(kind, ManifestKind::OciManifest | ManifestKind::DockerManifest);
        if is_image && self.config.is_none() {
            return Err(DocumentError::NoConfig);
        }
        Ok(())
    }

    /// A member that belongs to another kind: two tools could read such a document as two different manifests.
    fn foreign_member(&self, kind: ManifestKind) -> Option<&'static str> {
        let is_artifact = kind == ManifestKind::OciArtifact;
        let present = [
            ("manifests", !self.manifests.is_empty(), kind.is_index()),
            (
                "layers",
                !self.layers.is_empty(),
                !kind.is_index() && !is_artifact,
            ),
            ("config", self.config.is_some(), !kind.is_index() && !is_artifact),
            ("blobs", !self.blobs.is_empty(), is_artifact),
        ];
        present
            .into_iter()
            .find(|(_, present, allowed)| *present && !allowed)
            .map(|(member, _, _)| member)
    }
}

fn name(kind: ManifestKind) -> &'static str {
    match kind {
        ManifestKind::OciArtifact => "OCI artifact manifest",
        ManifestKind::OciIndex => "OCI image index",
        ManifestKind::OciManifest => "OCI image manifest",
        ManifestKind::DockerManifest => "Docker manifest",
        ManifestKind::DockerManifestList => "Docker manifest list",
    }
}
