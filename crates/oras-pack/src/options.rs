//! Options for packing manifests.

use oras_content::{Annotations, Descriptor};

/// The version of the image specification to pack for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ManifestVersion {
    /// Image-spec 1.0: the artifact type is the media type of the configuration. Subjects are not supported.
    V1_0,
    /// Image-spec 1.1: the artifact type and the subject have their own members.
    #[default]
    V1_1,
    /// An image of image-spec 1.1.0-rc2: like 1.0, but with a subject. Superseded by 1.1; only for older readers.
    V1_1Rc2Image,
    /// An artifact manifest of image-spec 1.1.0-rc2, which lists the layers as blobs and has no configuration. It was
    /// dropped before the release and few registries accept it; only for readers that support nothing else.
    V1_1Rc2Artifact,
}

/// The content of a manifest besides its artifact type. Empty by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PackOptions {
    /// The subject. Not supported by [`ManifestVersion::V1_0`].
    pub subject: Option<Descriptor>,
    /// The layers, which must already be in the store.
    pub layers: Vec<Descriptor>,
    /// Annotations of the manifest. The creation time is added unless present: `org.opencontainers.image.created`, or
    /// `org.opencontainers.artifact.created` for an artifact manifest.
    pub annotations: Annotations,
    /// The configuration, which must already be in the store. Default: an empty JSON object. Not supported by
    /// [`ManifestVersion::V1_1Rc2Artifact`].
    pub config: Option<Descriptor>,
    /// Annotations of the default configuration's descriptor. Ignored if [`config`](Self::config) is set.
    pub config_annotations: Annotations,
}

impl PackOptions {
    /// Sets the subject.
    #[must_use]
    pub fn with_subject(mut self, subject: Descriptor) -> Self {
        self.subject = Some(subject);
        self
    }

    /// Sets the layers.
    #[must_use]
    pub fn with_layers(mut self, layers: impl IntoIterator<Item = Descriptor>) -> Self {
        self.layers = layers.into_iter().collect();
        self
    }

    /// Sets the annotations of the manifest.
    #[must_use]
    pub fn with_annotations(mut self, annotations: Annotations) -> Self {
        self.annotations = annotations;
        self
    }

    /// Sets the configuration.
    #[must_use]
    pub fn with_config(mut self, config: Descriptor) -> Self {
        self.config = Some(config);
        self
    }

    /// Sets the annotations of the default configuration's descriptor.
    #[must_use]
    pub fn with_config_annotations(mut self, annotations: Annotations) -> Self {
        self.config_annotations = annotations;
        self
    }
}
