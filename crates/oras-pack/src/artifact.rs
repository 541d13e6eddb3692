//! The artifact manifest of image-spec 1.1.0-rc2, dropped before the release.

use std::collections::BTreeMap;

use oras_content::{Annotations, Descriptor, MediaType, Verified, json};
use serde::Serialize;

/// An artifact manifest to serialise: like an image without a configuration.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ArtifactManifest {
    media_type: MediaType,
    pub(crate) artifact_type: MediaType,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) blobs: Vec<Descriptor>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) subject: Option<Descriptor>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) annotations: Annotations,
}

impl ArtifactManifest {
    pub(crate) fn new(artifact_type: MediaType) -> Self {
        Self {
            media_type: MediaType::OCI_ARTIFACT,
            artifact_type,
            blobs: Vec::new(),
            subject: None,
            annotations: Annotations::new(),
        }
    }

    pub(crate) fn to_content(&self) -> Verified {
        let bytes = json::to_vec(self).expect("a manifest has string keys only");
        Verified::of(MediaType::OCI_ARTIFACT, bytes)
    }
}
