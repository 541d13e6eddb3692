//! What a conversion to `oci-spec` and back keeps, and what it loses.

use oci_spec::image as oci;
use oras_content::{Descriptor, Digest, ImageIndex, ImageManifest, Manifest, MediaType, Platform};
use serde_json::json;

fn there_and_back(ours: &Descriptor) -> Descriptor {
    let theirs = oci::Descriptor::try_from(ours).unwrap();
    Descriptor::try_from(&theirs).unwrap()
}

#[test]
fn a_plain_descriptor_is_kept() {
    let ours = Descriptor::of(MediaType::OCI_LAYER, b"x")
        .with_annotation("a", "b")
        .with_artifact_type(MediaType::from_static("application/x"))
        .with_platform("linux/arm64/v8".parse().unwrap());
    assert_eq!(there_and_back(&ours), ours);
    let data = Descriptor::empty_json();
    assert_eq!(there_and_back(&data), data);
}

#[test]
fn unknown_members_are_lost() {
    let mut ours = Descriptor::of(MediaType::OCI_LAYER, b"x");
    ours.extra.insert("new".into(), json!(1));
    assert!(there_and_back(&ours).extra.is_empty());
}

#[test]
fn the_version_and_features_of_an_operating_system_are_lost() {
    let mut ours: Platform = "windows/amd64:10.0.1".parse().unwrap();
    ours.os_features.push("win32k".into());
    ours.extra.insert("new".into(), json!(1));
    let theirs = oci::Platform::try_from(&ours).unwrap();
    let back = Platform::try_from(&theirs).unwrap();
    assert_eq!(
        (back.os.as_str(), back.architecture.as_str()),
        ("windows", "amd64")
    );
    assert!(back.extra.is_empty());
    assert_eq!(back.os_version, None);
    assert!(back.os_features.is_empty());
}

#[test]
fn digests_and_media_types_are_kept_where_both_know_them() {
    let ours = Digest::sha256(b"x");
    let theirs = oci::Digest::try_from(&ours).unwrap();
    assert_eq!(Digest::try_from(&theirs).unwrap(), ours);
    for text in ["application/vnd.oci.image.layer.v1.tar", "application/vnd.own"] {
        let ours: MediaType = text.parse().unwrap();
        let theirs = oci::MediaType::try_from(&ours).unwrap();
        assert_eq!(MediaType::try_from(&theirs).unwrap(), ours);
    }
}

#[test]
fn manifests_are_converted_both_ways() {
    let layer = Descriptor::of(MediaType::OCI_LAYER, b"x");
    let mut image = ImageManifest::new(Descriptor::empty_json().plain());
    image.layers.push(layer.clone());
    let ours = Manifest::parse(image.to_content()).unwrap();
    let theirs = oci::ImageManifest::try_from(&ours).unwrap();
    assert_eq!(theirs.layers().len(), 1);
    let back = Manifest::try_from(&theirs).unwrap();
    assert_eq!(back.layers(), [layer]);

    let ours = Manifest::parse(ImageIndex::new(vec![ours.descriptor().clone()]).to_content()).unwrap();
    let theirs = oci::ImageIndex::try_from(&ours).unwrap();
    let back = Manifest::try_from(&theirs).unwrap();
    assert_eq!(back.manifests(), ours.manifests());
    assert!(oci::ImageManifest::try_from(&ours).is_err());
}
