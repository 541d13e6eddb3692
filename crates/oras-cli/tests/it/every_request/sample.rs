//! The content that commands move: an artifact of two files, with a signature.

use oras::content::{Descriptor, MediaType, Store, StoreExt, WriterExt};
use oras::memory::MemoryStore;
use oras::pack::{ManifestVersion, PackOptions, pack_manifest};
use oras::{CopyOptions, copy};

pub(super) const FILES: [(&str, &str); 2] = [("a.txt", "the content of a"), ("b.txt", "the content of b")];

pub(super) const SIGNATURE: &str = "application/vnd.test.signature";

/// Pushes the artifact to `store` as `v1`, with its signature.
pub(super) async fn fill(store: &dyn Store) {
    let sample = MemoryStore::new();
    let mut layers = Vec::new();
    for (name, text) in FILES {
        let layer = sample
            .push_bytes(MediaType::from_static("text/plain"), text)
            .await;
        let mut layer = layer.unwrap();
        let title = ("org.opencontainers.image.title".to_owned(), name.to_owned());
        layer.annotations = [title].into();
        layers.push(layer);
    }
    let root = PackOptions::default().with_layers(layers);
    let root = pack(&sample, "application/vnd.test", root).await;
    sample.tag(&root, "v1").await.unwrap();
    let layer = sample
        .push_bytes(MediaType::from_static("text/plain"), "signed")
        .await;
    let signature = PackOptions::default()
        .with_layers([layer.unwrap()])
        .with_subject(root.plain());
    let signature = pack(&sample, SIGNATURE, signature).await;
    let options = CopyOptions::default();
    let to = store.as_writer().unwrap();
    copy(&sample, "v1", to, "v1", &options).await.unwrap();
    let digest = signature.digest.to_string();
    copy(&sample, digest.as_str(), to, "", &options).await.unwrap();
}

async fn pack(store: &MemoryStore, artifact_type: &str, options: PackOptions) -> Descriptor {
    let created = ("org.opencontainers.image.created", "2000-01-01T00:00:00Z");
    let created = [(created.0.to_owned(), created.1.to_owned())];
    let options = options.with_annotations(created.into());
    pack_manifest(store, ManifestVersion::V1_1, artifact_type, options)
        .await
        .unwrap()
}

/// Returns what is missing if `store` should have the files as `v1` with this many signatures.
pub(super) async fn lacking(store: &dyn Store, signatures: usize) -> Option<String> {
    let root = match store.resolve("v1").await {
        Ok(root) => root,
        Err(error) => return Some(error.to_string()),
    };
    let manifest = store.fetch_manifest(&root, 1 << 20).await.unwrap();
    for (name, text) in FILES {
        let layer = manifest.layers().iter().find(|layer| layer.title() == Some(name));
        let Some(layer) = layer else {
            return Some(format!("{name} is none of its layers"));
        };
        if let Some(lacking) = lacks(store, layer).await {
            return Some(lacking);
        }
        assert_eq!(layer.digest, oras::Digest::sha256(text.as_bytes()));
    }
    let finder = store.predecessor_finder().unwrap();
    let found = finder.predecessors(&root).await.unwrap();
    for signature in &found {
        let manifest = store.fetch_manifest(signature, 1 << 20).await.unwrap();
        for child in manifest.layers().iter().chain(manifest.config()) {
            if let Some(lacking) = lacks(store, child).await {
                return Some(lacking);
            }
        }
    }
    (found.len() < signatures).then(|| format!("{} signatures of {signatures}", found.len()))
}

async fn lacks(store: &dyn Store, node: &Descriptor) -> Option<String> {
    store
        .fetch_all(node, 1 << 20)
        .await
        .err()
        .map(|error| error.to_string())
}
