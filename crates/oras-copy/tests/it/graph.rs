//! Graphs to copy.

use oras_content::{
    Annotations, Descriptor, ImageIndex, ImageManifest, MediaType, Platform, Verified, WriterExt, annotations,
};
use oras_memory::MemoryStore;
use oras_pack::{ManifestVersion, PackOptions, pack_manifest};

pub(crate) const TYPE: &str = "application/vnd.test";

pub(crate) async fn blob(store: &MemoryStore, text: &str) -> Descriptor {
    let bytes = text.as_bytes().to_vec();
    store
        .push_bytes(MediaType::from_static("text/plain"), bytes)
        .await
        .unwrap()
}

pub(crate) async fn push(store: &MemoryStore, content: Verified) -> Descriptor {
    let descriptor = content.descriptor().clone();
    store.push(&descriptor, content).await.unwrap();
    descriptor
}

/// Creates an artifact with these layers and a config of its own.
pub(crate) async fn artifact(store: &MemoryStore, layers: &[&str]) -> Descriptor {
    let mut described = Vec::new();
    for layer in layers {
        described.push(
            match store
                .push_bytes(MediaType::from_static("text/plain"), layer.as_bytes().to_vec())
                .await
            {
                Ok(pushed) => pushed,
                Err(_) => Descriptor::of(MediaType::from_static("text/plain"), layer.as_bytes()),
            },
        );
    }
    let config = format!("{{\"of\":{layers:?}}}");
    let config = store
        .push_bytes(MediaType::from_static("application/vnd.test.config+json"), config)
        .await
        .unwrap();
    pack(store, fixed().with_layers(described).with_config(config)).await
}

/// Returns the content of a blob that takes the slots of four small ones.
pub(crate) fn large(name: impl std::fmt::Display) -> String {
    format!("{name} {}", "large ".repeat(64 * 1024))
}

pub(crate) async fn referrer(store: &MemoryStore, subject: &Descriptor, text: &str) -> Descriptor {
    let layer = blob(store, text).await;
    pack(store, fixed().with_layers([layer]).with_subject(subject.plain())).await
}

fn fixed() -> PackOptions {
    let created = (annotations::CREATED.to_owned(), "2000-01-01T00:00:00Z".to_owned());
    PackOptions::default().with_annotations(Annotations::from([created]))
}

async fn pack(store: &MemoryStore, options: PackOptions) -> Descriptor {
    pack_manifest(store, ManifestVersion::V1_1, TYPE, options)
        .await
        .unwrap()
}

/// Creates an index `v1` of two images, for linux/amd64 and linux/arm64.
pub(crate) async fn index(store: &MemoryStore) -> (Descriptor, [Descriptor; 2]) {
    let mut images = Vec::new();
    for architecture in ["amd64", "arm64"] {
        let config = format!("{{\"os\":\"linux\",\"architecture\":\"{architecture}\"}}");
        let config = store.push_bytes(MediaType::OCI_CONFIG, config).await.unwrap();
        let mut image = ImageManifest::new(config);
        image.layers = vec![blob(store, architecture).await];
        let image = push(store, image.to_content()).await;
        images.push(image.with_platform(Platform::new("linux", architecture)));
    }
    let index = push(store, ImageIndex::new(images.clone()).to_content()).await;
    store.tag(&index, "v1").await.unwrap();
    (index, images.try_into().unwrap())
}
