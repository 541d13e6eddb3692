//! Manifests in the making, written byte for byte as the rest of the ecosystem writes them.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{Annotations, Descriptor, MediaType, Verified, json};

/// An OCI image manifest to be written.
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
    /// The layers; written as `[]` where there are none, because `null` breaks some registries.
    pub layers: Vec<Descriptor>,
    /// The manifest that this one refers to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<Descriptor>,
    /// Annotations of the manifest.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: Annotations,
}

impl ImageManifest {
    /// A manifest with this configuration and nothing else.
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

    /// The document and its descriptor.
    pub fn to_content(&self) -> Verified {
        let bytes = json::to_vec(self).expect("a manifest has string keys only");
        Verified::of(MediaType::OCI_MANIFEST, bytes)
    }
}

/// An OCI image index to be written.
///
/// Spec: image-spec v1.1, `image-index.md`.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ImageIndex {
    schema_version: u8,
    /// The media type of the index; a Docker manifest list may be written again as one.
    pub media_type: MediaType,
    /// The type of the artifact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub artifact_type: Option<MediaType>,
    /// The manifests.
    pub manifests: Vec<Descriptor>,
    /// The manifest that this one refers to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<Descriptor>,
    /// Annotations of the index.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: Annotations,
}

impl ImageIndex {
    /// An index of these manifests.
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

    /// The document and its descriptor.
    pub fn to_content(&self) -> Verified {
        let bytes = json::to_vec(self).expect("an index has string keys only");
        Verified::of(self.media_type.clone(), bytes)
    }
}
