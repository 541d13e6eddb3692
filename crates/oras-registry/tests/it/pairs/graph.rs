//! The test content: an artifact of two blobs, with a referrer of two blobs.

use oras_content::{Descriptor, ImageIndex, Manifest, PredecessorFinder, Store, StoreExt, WriterExt};
use oras_copy::{CopyOptions, copy};
use oras_memory::MemoryStore;
use oras_pack::{ManifestVersion, PackOptions, pack_manifest};

use crate::place::{artifact, text};

pub(super) const REFERRER_TYPE: &str = "application/vnd.example.signature";

#[derive(Clone)]
pub(super) struct Graph {
    pub(super) store: MemoryStore,
    pub(super) root: Descriptor,
    pub(super) referrer: Descriptor,
}

impl Graph {
    pub(super) async fn new() -> Self {
        let store = MemoryStore::new();
        let root = artifact(&store, 2).await;
        store.tag(&root, "v1").await.unwrap();
        let referrer = attach(&store, &root).await.unwrap();
        Self {
            store,
            root,
            referrer,
        }
    }

    /// Pushes the artifact to `store`.
    pub(super) async fn seed(&self, store: &MemoryStore) {
        let options = CopyOptions::default();
        copy(&self.store, "v1", store, "v1", &options).await.unwrap();
    }

    /// Pushes the artifact and its referrer to `store`, and lists the referrer under a tag if requested.
    pub(super) async fn seed_all(&self, store: &MemoryStore, is_listed_by_tag: bool) {
        self.seed(store).await;
        let (referrer, options) = (self.referrer.digest.to_string(), CopyOptions::default());
        copy(&self.store, referrer.as_str(), store, "", &options)
            .await
            .unwrap();
        if is_listed_by_tag {
            let index = ImageIndex::new(vec![self.listed().await]).to_content();
            let descriptor = index.descriptor().clone();
            store.push(&descriptor, index).await.unwrap();
            store.tag(&descriptor, self.tag().as_str()).await.unwrap();
        }
    }

    async fn listed(&self) -> Descriptor {
        let manifest = self.store.fetch_manifest(&self.referrer, 1 << 20).await;
        manifest.unwrap().referrer_descriptor()
    }

    /// Returns the tag that lists the root's referrers without a referrers API.
    pub(super) fn tag(&self) -> String {
        self.root.digest.as_str().replace(':', "-")
    }

    /// Returns what `store` lacks of `root` and everything below it; damaged content counts as missing.
    pub(super) async fn lacks(&self, store: &dyn Store, root: &Descriptor) -> Vec<String> {
        let mut lacking = Vec::new();
        let mut left = vec![root.clone()];
        while let Some(node) = left.pop() {
            if let Err(error) = store.fetch_all(&node, 1 << 20).await {
                lacking.push(format!("{}: {error}", node.digest));
            }
            if node.is_manifest() {
                let manifest = self.store.fetch_manifest(&node, 1 << 20).await.unwrap();
                left.extend(manifest.successors().cloned());
            }
        }
        lacking
    }

    /// Whether `store` lists the referrer, through the API or in an index under a tag.
    pub(super) async fn is_listed(&self, store: &MemoryStore, by_tag: bool) -> bool {
        let listed: Vec<Descriptor> = match by_tag {
            false => store.predecessors(&self.root).await.unwrap(),
            true => match store.fetch_named(self.tag().as_str(), 1 << 20).await {
                Ok(index) => Manifest::parse(index).unwrap().manifests().to_vec(),
                Err(error) if error.is_not_found() => Vec::new(),
                Err(error) => panic!("{error}"),
            },
        };
        listed.iter().any(|node| node.digest == self.referrer.digest)
    }
}

/// Pushes two blobs and a manifest of them whose subject is `subject`.
pub(super) async fn attach<W: oras_content::Writer + ?Sized>(
    writer: &W,
    subject: &Descriptor,
) -> Result<Descriptor, oras_pack::PackError> {
    let mut layers = Vec::new();
    for bytes in ["signed by ann", "signed by bob"] {
        let pushed = writer.push_bytes(text(), bytes).await;
        layers.push(pushed.map_err(oras_pack::PackError::Push)?);
    }
    let options = PackOptions::default()
        .with_layers(layers)
        .with_subject(subject.plain());
    // A fixed creation time gives the same digest each time.
    let created = ("org.opencontainers.image.created", "2000-01-01T00:00:00Z");
    let created = [(created.0.to_owned(), created.1.to_owned())];
    let options = options.with_annotations(created.into());
    pack_manifest(writer, ManifestVersion::V1_1, REFERRER_TYPE, options).await
}
