//! The manifests of image-spec 1.1.0-rc2, as oras-go's deprecated `Pack` writes them.

use oras_content::{Annotations, Descriptor, MediaType, Store, annotations};
use oras_memory::MemoryStore;
use oras_pack::{ManifestVersion, PackError, PackOptions, UNKNOWN_ARTIFACT, UNKNOWN_CONFIG, pack_manifest};

use crate::{TYPE, text};

const AT: &str = "2000-01-01T00:00:00Z";

fn options(created: &str) -> PackOptions {
    PackOptions::default()
        .with_annotations(Annotations::from([(created.to_owned(), AT.to_owned())]))
        .with_layers([Descriptor::of(MediaType::OCTET_STREAM, b"blob")])
        .with_subject(Descriptor::of(MediaType::OCI_MANIFEST, b"subject"))
}

fn json(node: &Descriptor) -> String {
    let Descriptor {
        media_type,
        digest,
        size,
        ..
    } = node;
    format!(r#"{{"mediaType":"{media_type}","digest":"{digest}","size":{size}}}"#)
}

#[tokio::test]
async fn an_image_has_its_type_in_the_configuration_and_may_have_a_subject() {
    let store = MemoryStore::new();
    let options = options(annotations::CREATED);
    let (layer, subject) = (json(&options.layers[0]), json(options.subject.as_ref().unwrap()));
    let packed = pack_manifest(&store, ManifestVersion::V1_1Rc2Image, TYPE, options)
        .await
        .unwrap();
    let config = Descriptor::of(MediaType::from_static(TYPE), b"{}");
    let expected = format!(
        r#"{{"schemaVersion":2,"mediaType":"{}","config":{},"layers":[{layer}],"subject":{subject},"annotations":{{"{}":"{AT}"}}}}"#,
        MediaType::OCI_MANIFEST,
        json(&config),
        annotations::CREATED,
    );
    assert_eq!(text(&store, &packed).await, expected);
    assert!(store.exists(&config).await.unwrap());
}

#[tokio::test]
async fn an_artifact_manifest_has_blobs_and_no_configuration() {
    let store = MemoryStore::new();
    let created = "org.opencontainers.artifact.created";
    let options = options(created);
    let (blob, subject) = (json(&options.layers[0]), json(options.subject.as_ref().unwrap()));
    let packed = pack_manifest(&store, ManifestVersion::V1_1Rc2Artifact, TYPE, options)
        .await
        .unwrap();
    let kind = MediaType::OCI_ARTIFACT;
    let expected = format!(
        r#"{{"mediaType":"{kind}","artifactType":"{TYPE}","blobs":[{blob}],"subject":{subject},"annotations":{{"{created}":"{AT}"}}}}"#
    );
    assert_eq!(text(&store, &packed).await, expected);
    assert_eq!(
        (packed.media_type, packed.artifact_type.unwrap().as_str()),
        (kind, TYPE)
    );
}

#[tokio::test]
async fn what_is_not_given_is_unknown() {
    let store = MemoryStore::new();
    for (version, unknown) in [
        (ManifestVersion::V1_1Rc2Artifact, UNKNOWN_ARTIFACT),
        (ManifestVersion::V1_1Rc2Image, UNKNOWN_CONFIG),
        (ManifestVersion::V1_0, UNKNOWN_CONFIG),
    ] {
        let packed = pack_manifest(&store, version, "", PackOptions::default())
            .await
            .unwrap();
        assert_eq!(packed.artifact_type, Some(unknown), "{version:?}");
    }
}

#[tokio::test]
async fn a_configuration_and_a_wrong_date_are_refused() {
    let (store, artifact) = (MemoryStore::new(), ManifestVersion::V1_1Rc2Artifact);
    let config = PackOptions::default().with_config(Descriptor::empty_json());
    let refused = pack_manifest(&store, artifact, TYPE, config.clone()).await;
    assert!(matches!(refused, Err(PackError::ConfigUnsupported)));
    let refused = pack_manifest(&store, ManifestVersion::V1_1Rc2Image, TYPE, config).await;
    assert!(matches!(refused, Err(PackError::TypeUnsupported)));
    let date = Annotations::from([(
        "org.opencontainers.artifact.created".to_owned(),
        "today".to_owned(),
    )]);
    let options = PackOptions::default().with_annotations(date);
    let refused = pack_manifest(&store, artifact, TYPE, options).await;
    assert!(matches!(refused, Err(PackError::InvalidCreated { .. })));
}
