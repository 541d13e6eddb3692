//! Conversions to and from types of the `oci-spec` crate.
//!
//! Conversions go through JSON, which both crates agree on, and fail only if one rejects what the other allows.
//! Converting to `oci-spec` 0.10 loses the `os.version` and `os.features` of a platform, members unknown to the
//! specification, and the order of annotations. Do not push content that has been converted there and back.

use oci_spec::image as oci;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Descriptor, Digest, Manifest, MediaType, Platform};

/// The error for a value that only one of the crates can express.
#[derive(Debug, thiserror::Error)]
#[error("no counterpart in the other crate")]
pub struct ConversionError {
    source: serde_json::Error,
}

fn through_json<A: Serialize, B: DeserializeOwned>(value: &A) -> Result<B, ConversionError> {
    serde_json::to_value(value)
        .and_then(serde_json::from_value)
        .map_err(|source| ConversionError { source })
}

macro_rules! both_ways {
    ($($ours:ty => $theirs:ty;)*) => {$(
        impl TryFrom<&$ours> for $theirs {
            type Error = ConversionError;

            fn try_from(ours: &$ours) -> Result<Self, ConversionError> {
                through_json(ours)
            }
        }

        impl TryFrom<&$theirs> for $ours {
            type Error = ConversionError;

            fn try_from(theirs: &$theirs) -> Result<Self, ConversionError> {
                through_json(theirs)
            }
        }
    )*};
}

both_ways! {
    Digest => oci::Digest;
    MediaType => oci::MediaType;
    Platform => oci::Platform;
    Descriptor => oci::Descriptor;
}

macro_rules! from_manifest {
    ($($theirs:ty;)*) => {$(
        impl TryFrom<&Manifest> for $theirs {
            type Error = ConversionError;

            fn try_from(manifest: &Manifest) -> Result<Self, ConversionError> {
                serde_json::from_slice(manifest.bytes()).map_err(|source| ConversionError { source })
            }
        }
    )*};
}

from_manifest! {
    oci::ImageManifest;
    oci::ImageIndex;
}

macro_rules! to_manifest {
    ($($theirs:ty => $media_type:expr;)*) => {$(
        impl TryFrom<&$theirs> for Manifest {
            type Error = crate::Error;

            /// Serialises the document with sorted annotations and parses it again.
            fn try_from(theirs: &$theirs) -> Result<Self, crate::Error> {
                let unwritable = |source: crate::BoxError| crate::Error::invalid_manifest(stringify!($theirs), source);
                let value = serde_json::to_value(theirs).map_err(|source| unwritable(source.into()))?;
                let bytes = crate::json::to_vec(&value).map_err(|source| unwritable(source.into()))?;
                Self::parse(crate::Verified::of($media_type, bytes))
            }
        }
    )*};
}

to_manifest! {
    oci::ImageManifest => MediaType::OCI_MANIFEST;
    oci::ImageIndex => MediaType::OCI_INDEX;
}
