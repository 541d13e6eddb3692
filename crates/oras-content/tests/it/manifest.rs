//! Manifests of the five kinds.

use std::error::Error as _;

use oras_content::{
    Descriptor, ErrorKind, ImageIndex, ImageManifest, Manifest, ManifestKind, MediaType, Result, Verified,
};
use proptest::prelude::*;
use serde_json::{Value, json};

fn node(name: &str) -> Descriptor {
    let media_type = format!("application/{name}").parse().unwrap();
    Descriptor::of(media_type, name.as_bytes())
}

fn parse(media_type: MediaType, document: &Value) -> Result<Manifest> {
    parse_text(media_type, &document.to_string())
}

fn parse_text(media_type: MediaType, text: &str) -> Result<Manifest> {
    Manifest::parse(Verified::of(media_type, text.to_owned()))
}

#[track_caller]
fn refused(media_type: MediaType, text: &str) {
    let error = parse_text(media_type, text).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::InvalidManifest), "{error:?}");
    assert!(error.source().is_some());
}

fn names(manifest: &Manifest) -> Vec<&str> {
    manifest
        .successors()
        .map(|node| node.media_type.as_str().trim_start_matches("application/"))
        .collect()
}

#[test]
fn successors_come_subject_first_and_leaves_last() {
    let image = json!({
        "layers": [node("one"), node("two")], "config": node("config"), "subject": node("subject"),
    });
    let index = json!({"manifests": [node("one"), node("two")], "subject": node("subject")});
    let artifact = json!({"blobs": [node("one"), node("two")], "subject": node("subject")});
    for (kind, document, expected) in [
        (
            ManifestKind::OciManifest,
            &image,
            &["subject", "config", "one", "two"][..],
        ),
        (
            ManifestKind::DockerManifest,
            &image,
            &["subject", "config", "one", "two"],
        ),
        (ManifestKind::OciIndex, &index, &["subject", "one", "two"]),
        (
            ManifestKind::DockerManifestList,
            &index,
            &["subject", "one", "two"],
        ),
        (ManifestKind::OciArtifact, &artifact, &["subject", "one", "two"]),
    ] {
        let manifest = parse(kind.media_type(), document).unwrap();
        assert_eq!(manifest.kind(), kind);
        assert_eq!(names(&manifest), expected, "{kind:?}");
        assert_eq!(manifest.subject(), Some(&node("subject")));
    }
}

#[test]
fn parts_are_told_by_kind() {
    let image = parse(
        MediaType::OCI_MANIFEST,
        &json!({"config": node("config"), "layers": [node("a")]}),
    )
    .unwrap();
    assert_eq!(
        (image.config(), image.layers()),
        (Some(&node("config")), &[node("a")][..])
    );
    assert!(image.manifests().is_empty() && image.subject().is_none());
    let artifact = parse(MediaType::OCI_ARTIFACT, &json!({"blobs": [node("a")]})).unwrap();
    assert_eq!((artifact.config(), artifact.layers()), (None, &[node("a")][..]));
    let index = parse(MediaType::OCI_INDEX, &json!({"manifests": [node("a")]})).unwrap();
    assert_eq!((index.layers(), index.manifests()), (&[][..], &[node("a")][..]));
}

#[test]
fn the_artifact_type_is_said_or_that_of_the_configuration() {
    let with = |artifact_type: Value| {
        let document = json!({"config": node("config"), "artifactType": artifact_type});
        let manifest = parse(MediaType::OCI_MANIFEST, &document).unwrap();
        manifest.artifact_type().unwrap().to_string()
    };
    assert_eq!(with(json!("application/x")), "application/x");
    assert_eq!(with(json!("")), "application/config");
    assert_eq!(with(Value::Null), "application/config");
    let index = parse(MediaType::OCI_INDEX, &json!({"artifactType": "application/x"})).unwrap();
    assert_eq!(
        index.artifact_type().unwrap(),
        &MediaType::from_static("application/x")
    );
    assert!(
        parse(MediaType::OCI_INDEX, &json!({}))
            .unwrap()
            .artifact_type()
            .is_none()
    );
}

#[test]
fn a_referrer_is_described_with_type_and_annotations() {
    let document = json!({"config": node("config"), "annotations": {"a": "b"}, "subject": node("subject")});
    let manifest = parse(MediaType::OCI_MANIFEST, &document).unwrap();
    let described = manifest.referrer_descriptor();
    assert!(described.is_same_content(manifest.descriptor()));
    assert_eq!(described.annotation("a"), Some("b"));
    assert_eq!(described.artifact_type.unwrap().as_str(), "application/config");
}

#[test]
fn null_lists_are_empty() {
    let image = r#"{"config":{"mediaType":"a/b","digest":"x:y","size":0},"layers":null,"annotations":null,"subject":null}"#;
    assert_eq!(
        parse_text(MediaType::OCI_MANIFEST, image)
            .unwrap()
            .successors()
            .count(),
        1
    );
    for (kind, text) in [
        (MediaType::OCI_INDEX, r#"{"manifests":null,"mediaType":null}"#),
        (MediaType::DOCKER_MANIFEST_LIST, "{}"),
        (MediaType::OCI_ARTIFACT, r#"{"blobs":null}"#),
    ] {
        assert_eq!(parse_text(kind, text).unwrap().successors().count(), 0, "{text}");
    }
}

#[test]
fn members_may_come_once() {
    let config = serde_json::to_string(&node("config")).unwrap();
    for (member, value) in [
        ("mediaType", "\"\""),
        ("artifactType", "\"a/b\""),
        ("config", config.as_str()),
        ("layers", "[]"),
        ("manifests", "[]"),
        ("blobs", "[]"),
        ("subject", &config),
        ("annotations", "{}"),
    ] {
        let rest = if member == "config" {
            String::new()
        } else {
            format!(r#","config":{config}"#)
        };
        let once = format!(r#"{{"{member}":{value}{rest}}}"#);
        parse_text(MediaType::OCI_MANIFEST, &once).unwrap();
        refused(
            MediaType::OCI_MANIFEST,
            &format!(r#"{{"{member}":{value},"{member}":{value}{rest}}}"#),
        );
    }
    let twice = config.replacen("{", r#"{"size":6,"#, 1);
    refused(MediaType::OCI_MANIFEST, &format!(r#"{{"config":{twice}}}"#));
}

#[test]
fn a_document_is_of_one_kind() {
    let all = json!({"config": node("config"), "layers": [node("l")], "manifests": [node("m")]});
    let with_blobs = json!({"config": node("config"), "blobs": [node("b")]});
    for kind in ManifestKind::ALL {
        refused(kind.media_type(), &all.to_string());
        refused(kind.media_type(), &with_blobs.to_string());
    }
    for (kind, document) in [
        (MediaType::OCI_INDEX, json!({"layers": [node("l")]})),
        (MediaType::OCI_INDEX, json!({"config": node("config")})),
        (MediaType::OCI_INDEX, json!({"blobs": [node("b")]})),
        (
            MediaType::OCI_MANIFEST,
            json!({"config": node("config"), "manifests": [node("m")]}),
        ),
        (MediaType::OCI_ARTIFACT, json!({"config": node("config")})),
        (MediaType::OCI_ARTIFACT, json!({"layers": [node("l")]})),
        (MediaType::OCI_MANIFEST, json!({"layers": []})),
        (MediaType::DOCKER_MANIFEST, json!({})),
    ] {
        refused(kind, &document.to_string());
    }
}

#[test]
fn the_document_must_not_say_that_it_is_another_kind() {
    let said = |kind: &str| json!({"mediaType": kind, "config": node("config")}).to_string();
    parse_text(MediaType::OCI_MANIFEST, &said(MediaType::OCI_MANIFEST.as_str())).unwrap();
    parse_text(MediaType::OCI_MANIFEST, &said("")).unwrap();
    for other in [
        MediaType::OCI_INDEX,
        MediaType::DOCKER_MANIFEST,
        MediaType::OCI_LAYER,
    ] {
        refused(MediaType::OCI_MANIFEST, &said(other.as_str()));
    }
}

#[test]
fn what_is_no_document_is_refused() {
    for text in [
        "",
        "null",
        "[]",
        "7",
        "{",
        "{} {}",
        "{}x",
        "\u{feff}{}",
        r#"{"manifests":{}}"#,
        r#"{"manifests":[7]}"#,
    ] {
        refused(MediaType::OCI_INDEX, text);
    }
    refused(MediaType::OCI_INDEX, &format!(r#"{{"x":{}"#, "[".repeat(100_000)));
    let error = parse_text(MediaType::OCI_LAYER, "{}").unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Unsupported), "{error:?}");
}

#[test]
fn the_bytes_are_kept() {
    let text = "{ \"manifests\" : [ ], \"unknown\" : 1.0 }\n";
    let manifest = parse_text(MediaType::OCI_INDEX, text).unwrap();
    assert_eq!(manifest.bytes(), text);
    assert_eq!(
        manifest.descriptor(),
        &Descriptor::of(MediaType::OCI_INDEX, text.as_bytes())
    );
    assert_eq!(manifest.content().bytes(), text);
}

#[test]
fn written_manifests_are_read_again() {
    let mut image = ImageManifest::new(node("config"));
    image.layers = vec![node("layer")];
    image.subject = Some(node("subject"));
    image.artifact_type = Some(MediaType::from_static("application/x"));
    image.annotations.insert("a".into(), "b".into());
    let read = Manifest::parse(image.to_content()).unwrap();
    assert_eq!(names(&read), ["subject", "config", "layer"]);
    assert_eq!(read.annotations(), &image.annotations);

    let written = ImageManifest::new(Descriptor::empty_json().plain()).to_content();
    assert_eq!(
        written.bytes(),
        concat!(
            r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","#,
            r#""config":{"mediaType":"application/vnd.oci.empty.v1+json","#,
            r#""digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2},"layers":[]}"#
        )
    );
    let mut index = ImageIndex::new(vec![node("m")]);
    index.subject = Some(node("subject"));
    assert_eq!(
        names(&Manifest::parse(index.to_content()).unwrap()),
        ["subject", "m"]
    );
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in any::<Vec<u8>>(), kind in 0..5_usize) {
        let media_type = ManifestKind::ALL[kind].media_type();
        let _ = Manifest::parse(Verified::of(media_type, bytes));
    }

    #[test]
    fn nothing_like_a_manifest_panics(
        text in r#"\{("(config|layers|manifests|blobs|subject|annotations|mediaType)":(null|\[\]|\{\}|"x"|1|\[null\]),?){0,4}\}"#,
        kind in 0..5_usize,
    ) {
        let _ = parse_text(ManifestKind::ALL[kind].media_type(), &text);
    }
}

#[test]
fn a_subset_of_an_index_keeps_everything_else_as_it_is() {
    let entry = |text: &[u8]| Descriptor::of(MediaType::OCI_MANIFEST, text);
    let [a, b] = [entry(b"a"), entry(b"b")];
    let [shown_a, shown_b] = [&a, &b].map(|entry| {
        let (kind, digest) = (&entry.media_type, &entry.digest);
        format!("{{ \"size\": 1, \"digest\": \"{digest}\",\n \"mediaType\": \"{kind}\", \"unknown\": 1.50 }}")
    });
    let document = format!(
        "{{\n  \"unknown\": [1, \"a b\"],\n  \"manifests\": [{shown_a}, {shown_b}],\n  \"schemaVersion\": 2\n}}\n"
    );
    let content = Verified::of(MediaType::OCI_INDEX, document.into_bytes());
    let index = Manifest::parse(content.clone()).unwrap();
    assert_eq!(index.subset(|_| true).unwrap(), content, "byte for byte");
    let only_b = index.subset(|entry| entry.digest == b.digest).unwrap();
    let (kind, digest) = (&b.media_type, &b.digest);
    let expected = format!(
        "{{\"unknown\":[1,\"a b\"],\"manifests\":[{{\"size\":1,\"digest\":\"{digest}\",\"mediaType\":\"{kind}\",\
         \"unknown\":1.50}}],\"schemaVersion\":2}}"
    );
    assert_eq!(only_b.bytes(), expected.as_bytes());
    assert_eq!(
        only_b.descriptor(),
        &Descriptor::of(MediaType::OCI_INDEX, expected.as_bytes())
    );
    let none = Manifest::parse(index.subset(|_| false).unwrap()).unwrap();
    assert_eq!(none.successors().count(), 0);

    let image = Manifest::parse(ImageManifest::new(Descriptor::empty_json()).to_content()).unwrap();
    assert_eq!(
        *image.subset(|_| true).unwrap_err().kind(),
        ErrorKind::Unsupported
    );
}
