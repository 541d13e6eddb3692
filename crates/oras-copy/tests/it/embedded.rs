//! Content embedded in its descriptor.

use bytes::Bytes;
use oras_content::{Descriptor, ImageManifest, MediaType, StoreExt};
use oras_copy::{CopyOptions, copy_graph};
use oras_memory::MemoryStore;

use crate::graph::{blob, push};
use crate::recorder::{Call, Recorder};

/// Creates an image with the layer `real`, whose descriptor embeds `data`.
async fn image(store: &MemoryStore, data: &'static [u8]) -> (Descriptor, Descriptor) {
    let mut layer = blob(store, "real").await;
    layer.data = Some(Bytes::from_static(data));
    let config = blob(store, "{}").await;
    let mut manifest = ImageManifest::new(Descriptor::new(
        MediaType::OCI_EMPTY,
        config.digest.clone(),
        config.size,
    ));
    manifest.layers = vec![layer.clone()];
    (push(store, manifest.to_content()).await, layer)
}

#[tokio::test]
async fn content_in_a_descriptor_is_used_where_it_is_what_the_descriptor_says() {
    for (data, fetches) in [(&b"real"[..], 0), (b"fake", 1), (b"real and more", 1), (b"", 1)] {
        let store = MemoryStore::new();
        let (root, layer) = image(&store, data).await;
        let (from, to) = (Recorder::over(&store), Recorder::default());
        copy_graph(&from, &to, &root, &CopyOptions::default())
            .await
            .unwrap();
        assert_eq!(to.store.fetch_all(&layer, 99).await.unwrap().bytes(), "real");
        let fetched = from.count(|call| *call == Call::Fetch(layer.digest.clone()));
        assert_eq!(fetched, fetches, "{data:?}");
    }
}
