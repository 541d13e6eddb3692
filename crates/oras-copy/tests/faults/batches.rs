//! Copies into a layout: its index is written once, however many manifests there are.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use oras_content::{Descriptor, ImageIndex, MediaType, StoreExt, WriterExt};
use oras_copy::{CopyOptions, Event, copy};
use oras_layout::LayoutStore;
use oras_memory::MemoryStore;

#[tokio::test]
async fn the_index_of_a_layout_changes_once() {
    let source = MemoryStore::new();
    let mut index = ImageIndex::new(vec![]);
    for number in 0..8 {
        let layer = source
            .push_bytes(MediaType::OCTET_STREAM, format!("layer {number}"))
            .await
            .unwrap();
        source.push_bytes(MediaType::OCI_EMPTY, "{}").await.unwrap();
        let mut manifest = oras_content::ImageManifest::new(Descriptor::empty_json());
        manifest.layers.push(layer);
        let manifest = manifest.to_content();
        source
            .push(manifest.descriptor(), manifest.clone())
            .await
            .unwrap();
        index.manifests.push(manifest.descriptor().clone());
    }
    let index = index.to_content();
    source.push(index.descriptor(), index.clone()).await.unwrap();
    source.tag(index.descriptor(), "v1").await.unwrap();

    let dir = tempfile::tempdir().unwrap();
    let layout = LayoutStore::create(dir.path()).await.unwrap();
    let file = dir.path().join("index.json");
    let (empty, manifests) = (fs::read(&file).unwrap(), Arc::new(AtomicUsize::new(0)));
    let (seen, path) = (Arc::clone(&manifests), file.clone());
    let watch = move |event: Event<'_>| {
        if let Event::Finished { node, .. } = event
            && node.media_type == MediaType::OCI_MANIFEST
        {
            seen.fetch_add(1, Ordering::Relaxed);
            assert_eq!(fs::read(&path).unwrap(), empty);
        }
    };
    let options = CopyOptions::default().with_events(Arc::new(watch));
    copy(&source, "v1", &layout, "v1", &options).await.unwrap();
    assert_eq!(manifests.load(Ordering::Relaxed), 8);
    assert_eq!(
        layout.resolve("v1").await.unwrap().digest,
        index.descriptor().digest
    );
    assert_eq!(layout.roots().await.unwrap().len(), 1);
}
