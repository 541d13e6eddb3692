//! Media types, and the manifests among them.

use oras_content::{ManifestKind, MediaType};
use proptest::prelude::*;

#[test]
fn what_could_do_harm_is_refused() {
    for text in ["a/b\r\nX: y", "a/b\0", "a\tb", "a\u{2028}b", &"x".repeat(256)] {
        assert!(text.parse::<MediaType>().is_err(), "{text:?}");
    }
    for text in [
        "",
        "a",
        "a/b",
        "application/json; charset=utf-8",
        "ü/ü",
        &"x".repeat(255),
    ] {
        assert_eq!(text.parse::<MediaType>().unwrap().as_str(), text);
    }
}

#[test]
fn well_formed_types_are_told() {
    let long = format!("a/{}", "x".repeat(128));
    let cases = [
        ("application/vnd.oci.image.layer.v1.tar+gzip", true),
        ("a/b", true),
        ("0!#$&-^_.+/x", true),
        ("a", false),
        ("/b", false),
        ("a/", false),
        ("a/b/c", false),
        ("a/b; c=d", false),
        ("+a/b", false),
        ("a/ü", false),
        (&long, false),
    ];
    for (text, expected) in cases {
        assert_eq!(
            text.parse::<MediaType>().unwrap().is_rfc6838(),
            expected,
            "{text}"
        );
    }
}

#[test]
fn manifests_are_known_by_their_essence() {
    for kind in ManifestKind::ALL {
        assert_eq!(kind.media_type().manifest_kind(), Some(kind));
        let written = format!("{} ; charset=utf-8", kind.media_type().as_str().to_uppercase());
        assert_eq!(written.parse::<MediaType>().unwrap().manifest_kind(), Some(kind));
    }
    for other in [
        MediaType::OCI_CONFIG,
        MediaType::OCI_LAYER,
        MediaType::OCI_EMPTY,
        MediaType::OCTET_STREAM,
    ] {
        assert_eq!(other.manifest_kind(), None);
    }
    let indexes = ManifestKind::ALL.into_iter().filter(|kind| kind.is_index());
    assert!(indexes.eq([ManifestKind::OciIndex, ManifestKind::DockerManifestList]));
}

#[test]
fn foreign_layers_are_told() {
    for (text, expected) in [
        (
            "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd",
            true,
        ),
        ("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", true),
        ("application/vnd.oci.image.layer.v1.tar", false),
    ] {
        assert_eq!(
            text.parse::<MediaType>().unwrap().is_non_distributable(),
            expected
        );
    }
}

proptest! {
    #[test]
    fn no_text_panics(text in any::<String>()) {
        if let Ok(parsed) = text.parse::<MediaType>() {
            prop_assert_eq!(parsed.as_str(), text);
            let _ = (parsed.is_rfc6838(), parsed.manifest_kind());
        }
    }
}
