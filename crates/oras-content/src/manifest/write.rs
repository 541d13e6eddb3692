//! Builders for manifests, serialised byte for byte as the rest of the ecosystem does.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{Annotations, Descriptor, MediaType, Verified, json};

/// An OCI image manifest to serialise.
///
/// Spec: image-spec v1.1, `manifest.md`.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ImageManifest {
    schema_version: u8,
    media_type: MediaType,
    /// The type of the artifact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub artifact_type: Option<MediaType>,
    /// The configuration.
    pub config: Descriptor,
    /// The layers. Empty lists are written as `[]`, because `null` breaks some registries.
    pub layers: Vec<Descriptor>,
    /// The subject.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<Descriptor>,
    /// Annotations of the manifest.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: Annotations,
}

impl ImageManifest {
    /// Creates a manifest with this configuration and nothing else.
    pub fn new(config: Descriptor) -> Self {
        Self {
            schema_version: 2,
            media_type: MediaType::OCI_MANIFEST,
            artifact_type: None,
            config,
            layers: Vec::new(),
            subject: None,
            annotations: Annotations::new(),
        }
    }

    /// Serialises the manifest and describes it.
    pub fn to_content(&self) -> Verified {
        let bytes = json::to_vec(self).expect("a manifest has string keys only");
        Verified::of(MediaType::OCI_MANIFEST, bytes)
    }
}

/// An OCI image index to serialise.
///
/// Spec: image-spec v1.1, `image-index.md`.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ImageIndex {
    schema_version: u8,
    /// The media type of the index. Docker manifest lists can be rewritten too.
    pub media_type: MediaType,
    /// The type of the artifact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub artifact_type: Option<MediaType>,
    /// The manifests.
    pub manifests: Vec<Descriptor>,
    /// The subject.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<Descriptor>,
    /// Annotations of the index.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: Annotations,
}

impl ImageIndex {
    /// Creates an index of these manifests.
    pub fn new(manifests: Vec<Descriptor>) -> Self {
        Self {
            schema_version: 2,
            media_type: MediaType::OCI_INDEX,
            artifact_type: None,
            manifests,
            subject: None,
            annotations: Annotations::new(),
        }
    }

    /// Serialises the index and describes it.
    pub fn to_content(&self) -> Verified {
        let bytes = json::to_vec(self).expect("an index has string keys only");
        Verified::of(self.media_type.clone(), bytes)
    }
}
