//! What goes into a manifest.

use oras_content::{Annotations, Descriptor};

/// The version of the image specification that a manifest is packed for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ManifestVersion {
    /// Image-spec 1.0: the artifact type is the media type of the configuration; there is no subject.
    V1_0,
    /// Image-spec 1.1: the artifact type and the subject are members of their own.
    #[default]
    V1_1,
    /// An image of image-spec 1.1.0-rc2: as 1.0, but with a subject. Superseded by 1.1; for readers that know nothing later.
    V1_1Rc2Image,
    /// An artifact manifest of image-spec 1.1.0-rc2, which lists the layers as blobs and has no configuration. The release
    /// dropped it and few registries take it; for readers that know nothing else.
    V1_1Rc2Artifact,
}

/// What goes into a manifest besides its artifact type. By default nothing does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PackOptions {
    /// The manifest that the packed one refers to. Not for [`ManifestVersion::V1_0`].
    pub subject: Option<Descriptor>,
    /// The layers, which the store has already.
    pub layers: Vec<Descriptor>,
    /// Annotations of the manifest. The time of creation is added where it is not among them: `org.opencontainers.image.created`,
    /// of an artifact manifest `org.opencontainers.artifact.created`.
    pub annotations: Annotations,
    /// The configuration, which the store has already; an empty JSON object where there is none. Not for
    /// [`ManifestVersion::V1_1Rc2Artifact`].
    pub config: Option<Descriptor>,
    /// Annotations of the configuration's descriptor; of no effect where [`config`](Self::config) is given.
    pub config_annotations: Annotations,
}

impl PackOptions {
    /// Refers to `subject`.
    #[must_use]
    pub fn with_subject(mut self, subject: Descriptor) -> Self {
        self.subject = Some(subject);
        self
    }

    /// Lists these layers.
    #[must_use]
    pub fn with_layers(mut self, layers: impl IntoIterator<Item = Descriptor>) -> Self {
        self.layers = layers.into_iter().collect();
        self
    }

    /// Annotates the manifest.
    #[must_use]
    pub fn with_annotations(mut self, annotations: Annotations) -> Self {
        self.annotations = annotations;
        self
    }

    /// Uses this configuration.
    #[must_use]
    pub fn with_config(mut self, config: Descriptor) -> Self {
        self.config = Some(config);
        self
    }

    /// Annotates the descriptor of the configuration that is made where none is given.
    #[must_use]
    pub fn with_config_annotations(mut self, annotations: Annotations) -> Self {
        self.config_annotations = annotations;
        self
    }
}
