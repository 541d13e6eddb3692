//! Descriptors in JSON.

use oras_content::{Descriptor, Digest, MediaType, Platform, json};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::EMPTY;

fn read(value: &Value) -> Result<Descriptor, serde_json::Error> {
    serde_json::from_str(&value.to_string())
}

fn minimal() -> Value {
    json!({"mediaType": "text/plain", "digest": EMPTY, "size": 0})
}

fn with(member: &str, value: Value) -> Value {
    let mut descriptor = minimal();
    descriptor[member] = value;
    descriptor
}

#[test]
fn every_member_survives_a_round_trip() {
    let full = json!({
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "digest": EMPTY,
        "size": 9_223_372_036_854_775_807_u64,
        "urls": ["https://example.com/a"],
        "annotations": {"b": "2", "a": "1"},
        "data": "e30=",
        "platform": {
            "architecture": "amd64", "os": "windows", "os.version": "10.0.1", "os.features": ["win32k"],
            "variant": "v1", "features": ["old"],
        },
        "artifactType": "application/vnd.example",
        "x-new": {"deep": [1, null, "text"]},
    });
    let descriptor = read(&full).unwrap();
    assert_eq!(descriptor.data.as_deref(), Some(&b"{}"[..]));
    assert_eq!(
        descriptor.platform.as_ref().unwrap().os_version.as_deref(),
        Some("10.0.1")
    );
    assert_eq!(serde_json::to_value(&descriptor).unwrap(), full);
}

#[test]
fn members_are_written_as_the_ecosystem_writes_them() {
    let descriptor = Descriptor::empty_json()
        .with_artifact_type(MediaType::from_static("a/b"))
        .with_annotation("z", "<&>")
        .with_annotation("a", "1")
        .with_platform(Platform::new("linux", "arm64"));
    let text = String::from_utf8(json::to_vec(&descriptor).unwrap()).unwrap();
    assert_eq!(
        text,
        concat!(
            r#"{"mediaType":"application/vnd.oci.empty.v1+json","#,
            r#""digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2,"#,
            r#""annotations":{"a":"1","z":"\u003c\u0026\u003e"},"data":"e30=","#,
            r#""platform":{"architecture":"arm64","os":"linux"},"artifactType":"a/b"}"#
        )
    );
}

#[test]
fn null_is_nothing() {
    for member in ["urls", "annotations", "data", "platform", "artifactType"] {
        assert_eq!(
            read(&with(member, Value::Null)).unwrap(),
            read(&minimal()).unwrap(),
            "{member}"
        );
    }
    let features = with(
        "platform",
        json!({"os": "linux", "architecture": "x", "os.features": null}),
    );
    assert!(read(&features).unwrap().platform.unwrap().os_features.is_empty());
}

#[test]
fn sizes_are_whole_numbers_that_fit() {
    for size in [
        "-1",
        "5.0",
        "1e3",
        "9223372036854775808",
        "18446744073709551616",
        "\"5\"",
        "null",
        "[]",
    ] {
        let text = format!(r#"{{"mediaType":"a/b","digest":"{EMPTY}","size":{size}}}"#);
        assert!(serde_json::from_str::<Descriptor>(&text).is_err(), "{size}");
    }
}

#[test]
fn a_descriptor_needs_its_three_members_once() {
    for member in ["mediaType", "digest", "size"] {
        let mut without = minimal();
        without.as_object_mut().unwrap().remove(member);
        assert!(read(&without).is_err(), "without {member}");
        let text = minimal().to_string();
        let again = serde_json::to_string(&minimal()[member]).unwrap();
        let twice = format!(r#"{{"{member}":{again},{}"#, &text[1..]);
        assert!(serde_json::from_str::<Descriptor>(&twice).is_err(), "{twice}");
    }
    for (member, value) in [
        ("urls", json!([])),
        ("annotations", json!({})),
        ("data", json!("")),
        ("platform", json!({})),
    ] {
        let twice = format!(
            r#"{{"{member}":{value},"{member}":{value},{}"#,
            &minimal().to_string()[1..]
        );
        assert!(serde_json::from_str::<Descriptor>(&twice).is_err(), "{twice}");
    }
}

#[test]
fn wrong_members_are_refused() {
    let wrong = [
        with("mediaType", json!("a\nb")),
        with("digest", json!("sha256:x")),
        with("data", json!("not base64!")),
        with("annotations", json!({"a": 1})),
        with("urls", json!("https://example.com")),
        with("platform", json!("linux/amd64")),
    ];
    for value in wrong {
        assert!(read(&value).is_err(), "{value}");
    }
}

#[test]
fn titles_and_kinds_are_told() {
    let file = Descriptor::of(MediaType::OCI_LAYER, b"x");
    assert_eq!(file.title(), None);
    assert_eq!(
        file.clone()
            .with_annotation("org.opencontainers.image.title", "")
            .title(),
        None
    );
    let titled = file
        .clone()
        .with_annotation("org.opencontainers.image.title", "a.txt");
    assert_eq!(titled.title(), Some("a.txt"));
    assert!(titled.is_same_content(&file) && titled != file);
    assert_eq!(titled.plain(), file);
    assert!(!file.is_manifest());
    assert!(Descriptor::of(MediaType::DOCKER_MANIFEST_LIST, b"{}").is_manifest());
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in any::<Vec<u8>>()) {
        let _ = serde_json::from_slice::<Descriptor>(&bytes);
    }

    #[test]
    fn what_is_written_is_read_again(
        size in 0..=i64::MAX as u64,
        content in any::<Vec<u8>>(),
        key in any::<String>(),
        value in any::<String>(),
    ) {
        let mut descriptor = Descriptor::new(MediaType::OCTET_STREAM, Digest::sha256(&content), size)
            .with_annotation(key, value);
        descriptor.data = Some(content.into());
        let bytes = json::to_vec(&descriptor).unwrap();
        prop_assert_eq!(serde_json::from_slice::<Descriptor>(&bytes).unwrap(), descriptor);
    }
}

#[test]
fn numbers_of_any_size_survive_in_members_that_nobody_knows() {
    let text = format!(
        r#"{{"mediaType":"a/b","digest":"sha256:{}","size":5,"big":123456789012345678901234567890,"exact":1.10,"list":[1e+400,-0]}}"#,
        "0".repeat(64)
    );
    let read: oras_content::Descriptor = serde_json::from_str(&text).unwrap();
    assert_eq!(serde_json::to_string(&read).unwrap(), text);
}

#[tokio::test]
async fn what_a_reader_has_is_described() {
    let long = vec![7; 200_000];
    let read = Descriptor::of_reader(MediaType::OCTET_STREAM, &long[..]).await;
    assert_eq!(read.unwrap(), Descriptor::of(MediaType::OCTET_STREAM, &long));

    let failing = tokio_util::io::StreamReader::new(futures_util::stream::iter([
        Ok(&b"hello"[..]),
        Err(std::io::Error::other("gone")),
    ]));
    let error = Descriptor::of_reader(MediaType::OCTET_STREAM, failing)
        .await
        .unwrap_err();
    assert_eq!(*error.kind(), oras_content::ErrorKind::Storage);
}
