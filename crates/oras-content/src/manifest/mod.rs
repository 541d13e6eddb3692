//! Manifests: the documents that refer to other content.

mod read;
mod subset;
mod write;

use std::fmt;

use bytes::Bytes;

use crate::{Annotations, Descriptor, Error, ManifestKind, MediaType, Result, Verified};

pub use write::{ImageIndex, ImageManifest};

/// A manifest of any of the five kinds, with the bytes it was read from.
///
/// The bytes are what is pushed again; the parsed form is read-only. `null` lists are read as empty. Duplicate members,
/// trailing bytes and documents that are both an index and an image are rejected.
///
/// ```
/// use oras_content::{ImageManifest, Descriptor, Manifest};
///
/// let written = ImageManifest::new(Descriptor::empty_json()).to_content();
/// let manifest = Manifest::parse(written)?;
/// assert_eq!(manifest.successors().count(), 1);
/// # Ok::<(), oras_content::Error>(())
/// ```
#[derive(Clone)]
pub struct Manifest {
    kind: ManifestKind,
    content: Verified,
    document: read::Document,
}

impl Manifest {
    /// Parses a manifest as the kind that its descriptor's media type names.
    ///
    /// # Errors
    ///
    /// - [`ErrorKind::Unsupported`](crate::ErrorKind::Unsupported): the media type is not that of a manifest.
    /// - [`ErrorKind::InvalidManifest`](crate::ErrorKind::InvalidManifest): the document is not a manifest of that
    ///   kind.
    pub fn parse(content: Verified) -> Result<Self> {
        let descriptor = content.descriptor();
        let kind = descriptor
            .media_type
            .manifest_kind()
            .ok_or_else(|| Error::unsupported(format!("reading {} as a manifest", descriptor.media_type)))?;
        let document = read::Document::read(kind, content.bytes())
            .map_err(|source| Error::invalid_manifest(&descriptor.digest, source))?;
        Ok(Self {
            kind,
            content,
            document,
        })
    }

    /// Returns the kind of the manifest.
    pub fn kind(&self) -> ManifestKind {
        self.kind
    }

    /// Returns the descriptor the manifest was read with.
    pub fn descriptor(&self) -> &Descriptor {
        self.content.descriptor()
    }

    /// Returns the bytes the manifest was read from.
    pub fn bytes(&self) -> &Bytes {
        self.content.bytes()
    }

    /// Returns the verified content the manifest was read from.
    pub fn content(&self) -> &Verified {
        &self.content
    }

    /// Returns the successors in this order: subject, configuration, then layers, blobs or manifests.
    pub fn successors(&self) -> impl Iterator<Item = &Descriptor> {
        let document = &self.document;
        let children = document
            .layers
            .iter()
            .chain(&document.blobs)
            .chain(&document.manifests);
        document.subject.iter().chain(&document.config).chain(children)
    }

    /// Returns the subject: the manifest that this one is a referrer of.
    ///
    /// Spec: image-spec v1.1, `manifest.md`, "subject".
    pub fn subject(&self) -> Option<&Descriptor> {
        self.document.subject.as_ref()
    }

    /// Returns the configuration of an image manifest.
    pub fn config(&self) -> Option<&Descriptor> {
        self.document.config.as_ref()
    }

    /// Returns the layers of an image manifest, or the blobs of an artifact manifest.
    pub fn layers(&self) -> &[Descriptor] {
        match self.kind {
            ManifestKind::OciArtifact => &self.document.blobs,
            _ => &self.document.layers,
        }
    }

    /// Returns the manifests of an index.
    pub fn manifests(&self) -> &[Descriptor] {
        &self.document.manifests
    }

    /// Returns the artifact type: the one in the document, or else the media type of an image's configuration.
    pub fn artifact_type(&self) -> Option<&MediaType> {
        let of_config = || self.document.config.as_ref().map(|config| &config.media_type);
        self.document.artifact_type.as_ref().or_else(of_config)
    }

    /// Returns the annotations of the manifest.
    pub fn annotations(&self) -> &Annotations {
        &self.document.annotations
    }

    /// Returns the descriptor that lists this manifest among its subject's referrers: its own, with artifact type and
    /// annotations.
    ///
    /// Spec: distribution-spec v1.1, "Listing Referrers".
    pub fn referrer_descriptor(&self) -> Descriptor {
        let mut descriptor = self
            .descriptor()
            .plain()
            .with_annotations(self.annotations().clone());
        descriptor.artifact_type = self
            .artifact_type()
            .filter(|kind| !kind.as_str().is_empty())
            .cloned();
        descriptor
    }
}

impl fmt::Debug for Manifest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Manifest")
            .field("kind", &self.kind)
            .field("digest", &self.descriptor().digest)
            .finish_non_exhaustive()
    }
}
