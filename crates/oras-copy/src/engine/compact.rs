//! Compact descriptors: a copy holds very many, and most have only media type, digest and size.

use std::sync::Arc;

use oras_content::{Descriptor, Digest, MediaType};

pub(super) enum Compact {
    Plain {
        media_type: Arc<MediaType>,
        digest: Digest,
        size: u64,
    },
    Full(Arc<Descriptor>),
}

impl Compact {
    /// Stores `descriptor`; `media_type` is its shared media type.
    pub(super) fn new(descriptor: Descriptor, media_type: &Arc<MediaType>) -> Self {
        if descriptor != descriptor.plain() {
            return Self::Full(Arc::new(descriptor));
        }
        Self::Plain {
            media_type: Arc::clone(media_type),
            digest: descriptor.digest,
            size: descriptor.size,
        }
    }

    pub(super) fn descriptor(&self) -> Arc<Descriptor> {
        match self {
            Self::Full(descriptor) => Arc::clone(descriptor),
            Self::Plain {
                media_type,
                digest,
                size,
            } => Arc::new(Descriptor::new((**media_type).clone(), digest.clone(), *size)),
        }
    }

    pub(super) fn digest(&self) -> &Digest {
        match self {
            Self::Full(descriptor) => &descriptor.digest,
            Self::Plain { digest, .. } => digest,
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
