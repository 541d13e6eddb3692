//! Fuzzing entry points. Each takes arbitrary bytes and panics if an invariant does not hold.
//!
//! Not part of the public API.

use std::str::{FromStr, from_utf8};

use crate::{
    Descriptor, Digest, Manifest, ManifestKind, MediaType, Reference, Verified, Verifier,
    check_registry_name, check_repository_name,
};

/// Parses a digest and checks its invariants.
pub fn digest(bytes: &[u8]) {
    let Some(digest) = parsed::<Digest>(bytes) else {
        return;
    };
    assert_eq!(digest.to_string().as_bytes(), bytes);
    let (name, encoded) = (digest.algorithm_name(), digest.encoded());
    assert_eq!(format!("{name}:{encoded}"), digest.as_str());
    for part in [name, encoded] {
        assert!(!part.is_empty() && !part.contains(['/', '\\', ':']), "{digest}");
        assert!(!part.contains(".."), "{digest}");
    }
    let content = Descriptor::new(MediaType::OCTET_STREAM, digest.clone(), 0);
    assert_eq!(Verifier::new(&content).is_ok(), digest.algorithm().is_some());
}

/// Parses a reference and checks its invariants.
pub fn reference(bytes: &[u8]) {
    let Some(reference) = parsed::<Reference>(bytes) else {
        return;
    };
    assert_eq!(reference.to_string().parse(), Ok(reference.clone()));
    assert_eq!(check_registry_name(reference.registry()), Ok(()));
    assert_eq!(check_repository_name(reference.repository()), Ok(()));
    if let Some(tag) = reference.tag() {
        assert_eq!(tag.check(), Ok(()));
    }
}

/// Parses a media type and checks that it is safe in a header.
pub fn media_type(bytes: &[u8]) {
    let Some(media_type) = parsed::<MediaType>(bytes) else {
        return;
    };
    assert_eq!(media_type.as_str().as_bytes(), bytes);
    assert!(!media_type.as_str().contains(char::is_control), "{media_type:?}");
    if let Some(kind) = media_type.manifest_kind() {
        assert_eq!(kind.media_type().manifest_kind(), Some(kind));
        assert!(!media_type.is_non_distributable(), "{media_type:?}");
    }
}

/// Parses a descriptor from JSON and checks that it survives a round trip.
pub fn descriptor(bytes: &[u8]) {
    let Ok(descriptor) = serde_json::from_slice::<Descriptor>(bytes) else {
        return;
    };
    survives(&descriptor);
}

/// Parses a manifest as each kind and checks its invariants.
pub fn manifest(bytes: &[u8]) {
    let read =
        ManifestKind::ALL.map(|kind| Manifest::parse(Verified::of(kind.media_type(), bytes.to_vec())).ok());
    for (kind, manifest) in ManifestKind::ALL.into_iter().zip(&read) {
        let Some(manifest) = manifest else {
            continue;
        };
        assert_eq!(manifest.kind(), kind);
        assert_eq!(manifest.bytes(), bytes);
        assert!(kind.is_index() || manifest.manifests().is_empty(), "{manifest:?}");
        assert!(!kind.is_index() || manifest.layers().is_empty(), "{manifest:?}");
        manifest.successors().for_each(survives);
        survives(&manifest.referrer_descriptor());
    }
    let has_children = |index: &&Manifest| !index.manifests().is_empty();
    let is_index = read.iter().flatten().any(|manifest| has_children(&manifest));
    let is_image = read.iter().flatten().any(|manifest| !manifest.kind().is_index());
    assert!(
        !(is_index && is_image),
        "a document is both an index and an image"
    );
}

fn parsed<T: FromStr>(bytes: &[u8]) -> Option<T> {
    from_utf8(bytes).ok()?.parse().ok()
}

/// Checks that a descriptor survives a JSON round trip.
fn survives(descriptor: &Descriptor) {
    let written = serde_json::to_vec(descriptor).expect("a descriptor can be written");
    let mut again: Descriptor = serde_json::from_slice(&written).expect("what was written can be read");
    assert!(again.extra.keys().eq(descriptor.extra.keys()));
    // A fraction may be read back as a neighbouring value.
    again.extra.clone_from(&descriptor.extra);
    assert_eq!(&again, descriptor);
}
