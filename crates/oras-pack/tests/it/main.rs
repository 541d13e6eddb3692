//! Packing, seen from outside: the bytes of the manifest and what the store has afterwards.
#![allow(clippy::unwrap_used)]

mod rc2;

use std::sync::Mutex;

use oras_content::{
    Annotations, Descriptor, ImageManifest, MediaType, Name, OpenOptions, Opened, Payload, PushOptions,
    Pushed, ResolveOptions, Resolved, Result, Store, StoreExt, Tag, Writer, WriterExt, annotations,
};
use oras_memory::MemoryStore;
use oras_pack::{ManifestVersion, PackError, PackOptions, pack_manifest};

const TYPE: &str = "application/vnd.example+type";

fn created() -> Annotations {
    Annotations::from([(annotations::CREATED.to_owned(), "2000-01-01T00:00:00Z".to_owned())])
}

fn fixed() -> PackOptions {
    PackOptions::default().with_annotations(created())
}

async fn text(store: &impl Store, manifest: &Descriptor) -> String {
    let content = store.fetch_all(manifest, 4096).await.unwrap();
    String::from_utf8(content.bytes().to_vec()).unwrap()
}

#[tokio::test]
async fn the_golden_manifest_of_image_spec_1_0() {
    let store = MemoryStore::new();
    let packed = pack_manifest(&store, ManifestVersion::V1_0, TYPE, fixed())
        .await
        .unwrap();
    assert_eq!(
        packed.digest.as_str(),
        "sha256:da221a11559704e4971c3dcf6564303707a333c8de8cb5475fc48b0072b36c19"
    );
    assert_eq!(packed.size, 308);
    assert_eq!(packed.artifact_type.as_ref().unwrap().as_str(), TYPE);
    assert_eq!(packed.annotations, created());
    assert!(text(&store, &packed).await.contains(r#""layers":[]"#));
}

#[tokio::test]
async fn the_golden_manifest_of_image_spec_1_1() {
    let store = MemoryStore::new();
    let packed = pack_manifest(&store, ManifestVersion::V1_1, TYPE, fixed())
        .await
        .unwrap();
    assert_eq!(
        packed.digest.as_str(),
        "sha256:c259a195a48d8029d75449579c81269ca6225cd5b57d36073a7de6458afdfdbd"
    );
    assert_eq!(packed.size, 528);
    assert!(store.exists(&Descriptor::empty_json()).await.unwrap());
}

#[tokio::test]
async fn annotations_are_escaped_and_ordered_as_go_does() {
    let store = MemoryStore::new();
    let mut said = created();
    said.insert("z<&>".to_owned(), "\u{2028}".to_owned());
    said.insert("a".to_owned(), "ü".to_owned());
    let options = PackOptions::default().with_annotations(said);
    let packed = pack_manifest(&store, ManifestVersion::V1_0, TYPE, options)
        .await
        .unwrap();
    let expected = r#""annotations":{"a":"ü","org.opencontainers.image.created":"2000-01-01T00:00:00Z","z\u003c\u0026\u003e":"\u2028"}}"#;
    assert!(text(&store, &packed).await.ends_with(expected));
}

#[tokio::test]
async fn the_time_of_creation_is_added_in_whole_seconds() {
    let store = MemoryStore::new();
    let packed = pack_manifest(&store, ManifestVersion::V1_1, TYPE, PackOptions::default())
        .await
        .unwrap();
    let created = packed.annotation(annotations::CREATED).unwrap();
    assert_eq!(created.len(), "2000-01-01T00:00:00Z".len(), "{created}");
    assert!(created.ends_with('Z'));
}

#[tokio::test]
async fn a_subject_and_layers_are_listed() {
    let store = MemoryStore::new();
    let layer = store
        .push_bytes(MediaType::from_static("text/plain"), "hi")
        .await
        .unwrap();
    let subject = ImageManifest::new(Descriptor::empty_json())
        .to_content()
        .descriptor()
        .clone();
    let options = fixed().with_layers([layer.clone()]).with_subject(subject.clone());
    let packed = pack_manifest(&store, ManifestVersion::V1_1, TYPE, options)
        .await
        .unwrap();
    let manifest = store.fetch_manifest(&packed, 4096).await.unwrap();
    assert_eq!(manifest.subject(), Some(&subject));
    assert_eq!(manifest.layers(), [layer]);
}

#[tokio::test]
async fn a_configuration_of_a_type_of_its_own_stands_for_the_artifact_type() {
    let store = MemoryStore::new();
    let config = store
        .push_bytes(MediaType::from_static("application/vnd.me+json"), "{\"a\":1}")
        .await
        .unwrap();
    let packed = pack_manifest(&store, ManifestVersion::V1_1, "", fixed().with_config(config))
        .await
        .unwrap();
    assert_eq!(packed.artifact_type.unwrap().as_str(), "application/vnd.me+json");
}

#[tokio::test]
async fn packing_twice_gives_the_same_and_is_no_error() {
    let store = MemoryStore::new();
    let one = pack_manifest(&store, ManifestVersion::V1_1, TYPE, fixed())
        .await
        .unwrap();
    let two = pack_manifest(&store, ManifestVersion::V1_1, TYPE, fixed())
        .await
        .unwrap();
    assert_eq!(one, two);
}

#[tokio::test]
async fn what_cannot_be_packed_is_refused_and_nothing_is_pushed() {
    let store = MemoryStore::new();
    let subject = Descriptor::empty_json();
    let no_time = Annotations::from([(annotations::CREATED.to_owned(), "yesterday".to_owned())]);

    let missing = pack_manifest(&store, ManifestVersion::V1_1, "", fixed()).await;
    assert!(matches!(missing, Err(PackError::MissingArtifactType)));
    let empty_config = fixed().with_config(Descriptor::empty_json());
    let missing = pack_manifest(&store, ManifestVersion::V1_1, "", empty_config).await;
    assert!(matches!(missing, Err(PackError::MissingArtifactType)));
    for version in [ManifestVersion::V1_0, ManifestVersion::V1_1] {
        let wrong = pack_manifest(&store, version, "not a type", fixed()).await;
        assert!(matches!(wrong, Err(PackError::InvalidMediaType(_))));
        let options = PackOptions::default().with_annotations(no_time.clone());
        let wrong = pack_manifest(&store, version, TYPE, options).await;
        assert!(matches!(wrong, Err(PackError::InvalidCreated { .. })));
    }
    let wrong = pack_manifest(&store, ManifestVersion::V1_0, TYPE, fixed().with_subject(subject)).await;
    assert!(matches!(wrong, Err(PackError::SubjectUnsupported)));
    assert!(!store.exists(&Descriptor::empty_json()).await.unwrap());
}

/// Records what it is given.
#[derive(Default)]
struct Recorder(Mutex<Vec<Descriptor>>);

impl std::fmt::Display for Recorder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the recorder")
    }
}

#[async_trait::async_trait]
impl Store for Recorder {
    async fn open(&self, target: &Descriptor, _opts: OpenOptions) -> Result<Opened> {
        Err(oras_content::Error::not_found(target))
    }

    async fn resolve_opts(&self, name: &Name, _opts: ResolveOptions) -> Result<Resolved> {
        Err(oras_content::Error::not_found(name))
    }
}

#[async_trait::async_trait]
impl Writer for Recorder {
    async fn push_opts(
        &self,
        expected: &Descriptor,
        _payload: Payload,
        _opts: PushOptions,
    ) -> Result<Pushed> {
        self.0.lock().unwrap().push(expected.clone());
        Ok(Pushed::Stored)
    }

    async fn set_tag(&self, _target: &Descriptor, _tag: &Tag) -> Result<()> {
        Ok(())
    }
}

/// A store of files would take a title for the name of a file to write.
#[tokio::test]
async fn no_store_sees_the_annotations_of_a_manifest() {
    let keys = [
        annotations::TITLE,
        annotations::REF_NAME,
        annotations::UNPACK,
        "any",
    ];
    let mut said = created();
    said.extend(keys.map(|key| (key.to_owned(), "README.md".to_owned())));
    for version in [ManifestVersion::V1_0, ManifestVersion::V1_1] {
        let recorder = Recorder::default();
        let options = PackOptions::default().with_annotations(said.clone());
        let packed = pack_manifest(&recorder, version, TYPE, options).await.unwrap();
        assert_eq!(packed.annotations, said);
        let pushed = recorder.0.into_inner().unwrap();
        assert_eq!(pushed.last(), Some(&packed.plain()));
        assert!(pushed.iter().all(|pushed| pushed.annotations.is_empty()));
    }
}

#[tokio::test]
async fn image_spec_1_0_has_one_place_for_the_type() {
    let config = Descriptor::of(MediaType::from_static("a/config"), b"{}");
    for (kind, fits) in [(TYPE, false), ("", true)] {
        let recorder = Recorder::default();
        let options = fixed().with_config(config.clone());
        let packed = pack_manifest(&recorder, ManifestVersion::V1_0, kind, options).await;
        assert_eq!(packed.is_ok(), fits, "{packed:?}");
        if let Err(error) = packed {
            assert!(matches!(error, PackError::TypeUnsupported), "{error:?}");
            assert!(recorder.0.into_inner().unwrap().is_empty());
        }
    }
}
