//! Compact descriptors: a copy holds very many, and most have only media type, digest and size.

use std::sync::Arc;

use oras_content::{Descriptor, Digest, MediaType};

/// The bytes of a sha256 hash.
type Sha256 = [u8; 32];

pub(super) enum Compact {
    /// Without a digest of its own: as text it takes three times as much, and an allocation.
    Plain {
        media_type: Arc<MediaType>,
        sha256: Sha256,
        size: u64,
    },
    Full(Arc<Descriptor>),
}

/// The identity of a node, however many parents list it. Registries keep manifests apart from blobs, so a manifest that
/// is also listed as a layer is two nodes. So is content that two parents list with different sizes: one of them is
/// wrong, and fails on its own.
#[derive(PartialEq, Eq, Hash)]
pub(super) struct Key<'a> {
    hash: Hash<'a>,
    size: u64,
    is_manifest: bool,
}

#[derive(PartialEq, Eq, Hash)]
pub(super) enum Hash<'a> {
    Sha256(Sha256),
    Other(&'a Digest),
}

impl<'a> Key<'a> {
    pub(super) fn of(descriptor: &'a Descriptor) -> Self {
        Self {
            hash: Hash::of(&descriptor.digest),
            size: descriptor.size,
            is_manifest: descriptor.is_manifest(),
        }
    }
}

impl<'a> Hash<'a> {
    pub(super) fn of(digest: &'a Digest) -> Self {
        match digest.sha256_hash() {
            Some(sha256) => Self::Sha256(sha256),
            None => Self::Other(digest),
        }
    }
}

impl Compact {
    /// Stores `descriptor`; `media_type` is its shared media type.
    pub(super) fn new(descriptor: Descriptor, media_type: &Arc<MediaType>) -> Self {
        match descriptor.digest.sha256_hash() {
            Some(sha256) if descriptor == descriptor.plain() => Self::Plain {
                media_type: Arc::clone(media_type),
                sha256,
                size: descriptor.size,
            },
            _ => Self::Full(Arc::new(descriptor)),
        }
    }

    pub(super) fn descriptor(&self) -> Arc<Descriptor> {
        match self {
            Self::Full(descriptor) => Arc::clone(descriptor),
            Self::Plain {
                media_type,
                sha256,
                size,
            } => Arc::new(Descriptor::new(
                (**media_type).clone(),
                Digest::from_sha256_hash(sha256),
                *size,
            )),
        }
    }

    pub(super) fn digest(&self) -> Digest {
        match self {
            Self::Full(descriptor) => descriptor.digest.clone(),
            Self::Plain { sha256, .. } => Digest::from_sha256_hash(sha256),
        }
    }

    pub(super) fn hash(&self) -> Hash<'_> {
        match self {
            Self::Full(descriptor) => Hash::of(&descriptor.digest),
            Self::Plain { sha256, .. } => Hash::Sha256(*sha256),
        }
    }

    pub(super) fn key(&self) -> Key<'_> {
        Key {
            hash: self.hash(),
            size: self.size(),
            is_manifest: self.is_manifest(),
        }
    }

    pub(super) fn size(&self) -> u64 {
        match self {
            Self::Full(descriptor) => descriptor.size,
            Self::Plain { size, .. } => *size,
        }
    }

    pub(super) fn is_manifest(&self) -> bool {
        match self {
            Self::Full(descriptor) => descriptor.is_manifest(),
            Self::Plain { media_type, .. } => media_type.manifest_kind().is_some(),
        }
    }
}

#[cfg(test)]
mod tests {
    use oras_content::Algorithm;

    use super::*;

    fn compact(descriptor: &Descriptor) -> Compact {
        Compact::new(descriptor.clone(), &Arc::new(descriptor.media_type.clone()))
    }

    #[test]
    fn descriptors_are_the_same_again() {
        let plain = Descriptor::of(MediaType::OCI_MANIFEST, b"abc");
        assert!(matches!(compact(&plain), Compact::Plain { .. }));
        let described = plain.clone().with_artifact_type(MediaType::from_static("text/x"));
        let other = Descriptor::new(MediaType::OCI_MANIFEST, Algorithm::Sha512.digest(b"abc"), 3);
        for descriptor in [plain, described, other] {
            let compact = compact(&descriptor);
            assert_eq!(*compact.descriptor(), descriptor);
            assert_eq!(compact.digest(), descriptor.digest);
            assert!(compact.key() == Key::of(&descriptor));
        }
    }

    #[test]
    fn a_node_with_annotations_is_the_same_node() {
        let plain = Descriptor::of(MediaType::OCI_MANIFEST, b"abc");
        let described = plain.clone().with_artifact_type(MediaType::from_static("text/x"));
        assert!(compact(&plain).key() == compact(&described).key());
        let longer = Descriptor::new(plain.media_type.clone(), plain.digest.clone(), 4);
        assert!(compact(&plain).key() != compact(&longer).key());
    }

    #[test]
    fn nodes_are_small() {
        assert!(size_of::<Compact>() <= 48);
    }
}
