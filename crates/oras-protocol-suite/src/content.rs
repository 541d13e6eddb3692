//! Content: new blobs and manifests that no registry has yet.

use bytes::Bytes;
use oras_content::{Algorithm, Digest};
use serde_json::{Value, json};

pub(crate) const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub(crate) const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
pub(crate) const OCI_CONFIG: &str = "application/vnd.oci.image.config.v1+json";
pub(crate) const OCI_LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
pub(crate) const OCI_EMPTY: &str = "application/vnd.oci.empty.v1+json";
pub(crate) const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
pub(crate) const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
pub(crate) const DOCKER_CONFIG: &str = "application/vnd.docker.container.image.v1+json";
pub(crate) const DOCKER_LAYER: &str = "application/vnd.docker.image.rootfs.diff.tar.gzip";

/// The `Accept` header of a careful client.
pub(crate) const ACCEPT: &str = "application/vnd.oci.image.manifest.v1+json, \
    application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.v2+json, \
    application/vnd.docker.distribution.manifest.list.v2+json, */*;q=0.1";

/// Bytes that a manifest can refer to.
#[derive(Clone, Debug)]
pub(crate) struct Blob {
    pub(crate) media_type: &'static str,
    pub(crate) bytes: Bytes,
    pub(crate) digest: Digest,
}

impl Blob {
    pub(crate) fn new(media_type: &'static str, bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Self {
            digest: Digest::sha256(&bytes),
            media_type,
            bytes,
        }
    }

    /// Creates a blob of `len` random bytes.
    pub(crate) fn random(len: usize) -> Self {
        let mut bytes = vec![0; len];
        fastrand::Rng::new().fill(&mut bytes);
        Self::new("application/octet-stream", bytes)
    }

    /// Creates a unique configuration.
    pub(crate) fn config() -> Self {
        let text = json!({
            "architecture": "amd64",
            "os": "linux",
            "rootfs": { "type": "layers", "diff_ids": [] },
            "author": format!("{:016x}", fastrand::u64(..)),
        });
        Self::new(OCI_CONFIG, text.to_string())
    }

    pub(crate) fn layer() -> Self {
        Self {
            media_type: OCI_LAYER,
            ..Self::random(300)
        }
    }

    /// Returns the empty object of image-spec, "Guidance for an Empty Descriptor".
    pub(crate) fn empty_json() -> Self {
        Self::new(OCI_EMPTY, "{}")
    }

    pub(crate) fn with_type(mut self, media_type: &'static str) -> Self {
        self.media_type = media_type;
        self
    }

    /// Returns the same bytes under the digest of another algorithm.
    pub(crate) fn by(mut self, algorithm: Algorithm) -> Self {
        self.digest = algorithm.digest(&self.bytes);
        self
    }

    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(crate) fn descriptor(&self) -> Value {
        json!({ "mediaType": self.media_type, "digest": self.digest, "size": self.len() })
    }
}

/// A manifest, as the bytes that are pushed.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    pub(crate) media_type: &'static str,
    pub(crate) bytes: Bytes,
    pub(crate) digest: Digest,
}

impl Document {
    pub(crate) fn new(media_type: &'static str, bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Self {
            digest: Digest::sha256(&bytes),
            media_type,
            bytes,
        }
    }

    /// Serialises this value.
    pub(crate) fn of(value: &Value) -> Self {
        let media_type = match value["mediaType"].as_str() {
            Some(OCI_INDEX) => OCI_INDEX,
            Some(DOCKER_MANIFEST) => DOCKER_MANIFEST,
            Some(DOCKER_LIST) => DOCKER_LIST,
            _ => OCI_MANIFEST,
        };
        Self::new(media_type, value.to_string())
    }

    pub(crate) fn image(config: &Blob, layers: &[&Blob]) -> Self {
        Self::of(&image(config, layers))
    }

    pub(crate) fn index(manifests: &[&Self]) -> Self {
        Self::of(&index(manifests))
    }

    /// Creates an artifact whose configuration and layer are the empty object.
    pub(crate) fn artifact(artifact_type: &str, subject: Option<&Self>) -> Self {
        let empty = Blob::empty_json();
        let mut value = image(&empty, &[&empty]);
        value["artifactType"] = json!(artifact_type);
        value["annotations"] = json!({ "org.example.nonce": format!("{:016x}", fastrand::u64(..)) });
        if let Some(subject) = subject {
            value["subject"] = subject.descriptor();
        }
        Self::of(&value)
    }

    /// Returns the same bytes under the digest of another algorithm.
    pub(crate) fn by(mut self, algorithm: Algorithm) -> Self {
        self.digest = algorithm.digest(&self.bytes);
        self
    }

    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(crate) fn descriptor(&self) -> Value {
        json!({ "mediaType": self.media_type, "digest": self.digest, "size": self.len() })
    }
}

/// Creates an image manifest, which can be changed before it becomes a document.
pub(crate) fn image(config: &Blob, layers: &[&Blob]) -> Value {
    let layers: Vec<Value> = layers.iter().map(|layer| layer.descriptor()).collect();
    json!({ "schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config.descriptor(), "layers": layers })
}

/// Creates an index, which can be changed before it becomes a document.
pub(crate) fn index(manifests: &[&Document]) -> Value {
    let manifests: Vec<Value> = manifests.iter().map(|manifest| manifest.descriptor()).collect();
    json!({ "schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": manifests })
}

/// Creates an image of nearly `len` bytes, padded by annotations.
pub(crate) fn padded(config: &Blob, layers: &[&Blob], len: usize) -> Document {
    let mut value = image(config, layers);
    let base = value.to_string().len() + r#","annotations":{"org.example.padding":""}"#.len();
    value["annotations"] = json!({ "org.example.padding": "x".repeat(len.saturating_sub(base)) });
    Document::of(&value)
}
