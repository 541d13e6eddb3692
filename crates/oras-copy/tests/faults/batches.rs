//! Copies into a layout: its index is written once, however many manifests there are.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use oras_content::{Descriptor, ErrorKind, ImageIndex, MediaType, Store, StoreExt, Tag, WriterExt};
use oras_copy::{
    CopiedTag, CopyOptions, CopyTags, CopyTagsOptions, Event, ExtendedCopyOptions, Operation, Side, copy,
    copy_graph,
};
use oras_layout::{CheckOptions, LayoutStore};
use oras_memory::MemoryStore;

/// Creates a tagged index of this many manifests with a layer each. Returns the index and the layers.
async fn source(manifests: usize) -> (MemoryStore, Descriptor, Vec<Descriptor>) {
    let source = MemoryStore::new();
    let (mut index, mut layers) = (ImageIndex::new(vec![]), Vec::new());
    for number in 0..manifests {
        let layer = source
            .push_bytes(MediaType::OCTET_STREAM, format!("layer {number}"))
            .await
            .unwrap();
        source.push_bytes(MediaType::OCI_EMPTY, "{}").await.unwrap();
        let mut manifest = oras_content::ImageManifest::new(Descriptor::empty_json());
        manifest.layers.push(layer.clone());
        layers.push(layer);
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
    (source, index.descriptor().clone(), layers)
}

/// Options for a copy into the layout in `dir`, from which a garbage collection removes each of these layers after it
/// was found there.
fn losing(dir: &std::path::Path, layers: &[Descriptor]) -> CopyOptions {
    let lost = std::sync::Mutex::new(layers.to_vec());
    let dir = dir.to_owned();
    let lose = move |event: Event<'_>| {
        if let Event::Finished { node, .. } = event {
            let mut lost = lost.lock().unwrap();
            if let Some(at) = lost.iter().position(|layer| layer.digest == node.digest) {
                let lost = lost.swap_remove(at);
                fs::remove_file(dir.join("blobs/sha256").join(lost.digest.encoded())).unwrap();
            }
        }
    };
    CopyOptions::default().with_events(Arc::new(lose))
}

/// Checks that everything is stored and listed.
async fn assert_whole(layout: &LayoutStore, root: &Descriptor) {
    assert!(layout.exists(root).await.unwrap());
    let report = layout.check(CheckOptions::default()).await.unwrap();
    assert!(report.is_sound(), "{report:?}");
}

#[tokio::test]
async fn layers_that_are_lost_before_the_flush_are_copied_again() {
    for is_there in [true, false] {
        let (source, index, layers) = source(4).await;
        let dir = tempfile::tempdir().unwrap();
        let layout = LayoutStore::create(dir.path()).await.unwrap();
        if is_there {
            for number in 0..4 {
                let layer = format!("layer {number}");
                layout.push_bytes(MediaType::OCTET_STREAM, layer).await.unwrap();
            }
        }
        let options = losing(dir.path(), &layers[..2]);
        copy(&source, "v1", &layout, "v1", &options).await.unwrap();
        assert_eq!(layout.resolve("v1").await.unwrap().digest, index.digest);
        assert_whole(&layout, &index).await;
    }
}

#[tokio::test]
async fn layers_that_are_lost_before_the_last_flush_are_copied_again() {
    let (source, index, layers) = source(3).await;
    let dir = tempfile::tempdir().unwrap();
    let layout = LayoutStore::create(dir.path()).await.unwrap();
    let options = losing(dir.path(), &layers);
    copy_graph(&source, &layout, &index, &options).await.unwrap();
    assert_whole(&layout, &index).await;
    assert_eq!(layout.roots().await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_is_lost_again_fails_the_copy_and_shows_no_tag() {
    let (source, _, layers) = source(2).await;
    let dir = tempfile::tempdir().unwrap();
    let layout = LayoutStore::create(dir.path()).await.unwrap();
    let options = losing(dir.path(), &[layers[0].clone(), layers[0].clone()]);
    let error = copy(&source, "v1", &layout, "v1", &options).await.unwrap_err();
    assert_eq!(
        (error.operation, error.side),
        (Operation::Push, Side::Destination)
    );
    assert_eq!(*error.source.kind(), ErrorKind::MissingContent);
    assert!(layout.resolve("v1").await.is_err());

    copy(&source, "v1", &layout, "v1", &CopyOptions::default())
        .await
        .unwrap();
    let root = layout.resolve("v1").await.unwrap();
    assert_whole(&layout, &root).await;
}

#[tokio::test]
async fn the_index_of_a_layout_changes_once() {
    let (source, index, _) = source(8).await;
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
    assert_eq!(layout.resolve("v1").await.unwrap().digest, index.digest);
    assert_eq!(layout.roots().await.unwrap().len(), 1);
}

/// Like [`source`], with a tag on each manifest.
async fn tagged(manifests: usize) -> (MemoryStore, Vec<Tag>, Vec<Descriptor>) {
    let (source, index, layers) = source(manifests).await;
    let index = source.fetch_manifest(&index, 1 << 20).await.unwrap();
    let mut tags = Vec::new();
    for (number, manifest) in index.manifests().iter().enumerate() {
        let tag: Tag = format!("tag{number}").parse().unwrap();
        source.tag(manifest, &tag).await.unwrap();
        tags.push(tag);
    }
    (source, tags, layers)
}

async fn copy_tags(
    source: &MemoryStore,
    tags: &[Tag],
    layout: &LayoutStore,
    options: CopyOptions,
) -> Vec<CopiedTag> {
    let options = CopyTagsOptions::default().with_extended(ExtendedCopyOptions::default().with_copy(options));
    let found = CopyTags::find(source, tags.to_vec(), &options).await;
    found.run(layout).await
}

#[tokio::test]
async fn the_index_of_a_layout_changes_once_for_many_tags() {
    let (source, tags, _) = tagged(50).await;
    let dir = tempfile::tempdir().unwrap();
    let layout = LayoutStore::create(dir.path()).await.unwrap();
    let file = dir.path().join("index.json");
    let empty = fs::read(&file).unwrap();
    let watch = move |_: Event<'_>| assert_eq!(fs::read(&file).unwrap(), empty);
    let options = CopyOptions::default().with_events(Arc::new(watch));
    let copied = copy_tags(&source, &tags, &layout, options).await;
    assert!(copied.iter().all(|tag| tag.error.is_none()));
    for tag in &copied {
        assert_eq!(
            layout.resolve(&tag.tag).await.unwrap().digest,
            tag.root.as_ref().unwrap().digest
        );
    }
    assert_eq!(layout.roots().await.unwrap().len(), 50);
}

#[tokio::test]
async fn what_many_tags_lose_before_the_flush_is_copied_again() {
    let (source, tags, layers) = tagged(5).await;
    let dir = tempfile::tempdir().unwrap();
    let layout = LayoutStore::create(dir.path()).await.unwrap();
    let copied = copy_tags(&source, &tags, &layout, losing(dir.path(), &layers)).await;
    assert!(copied.iter().all(|tag| tag.error.is_none()), "{copied:?}");
    for tag in &copied {
        assert_whole(&layout, tag.root.as_ref().unwrap()).await;
    }
}

#[tokio::test]
async fn a_tag_whose_layer_is_lost_again_fails_alone() {
    let (source, tags, layers) = tagged(5).await;
    let dir = tempfile::tempdir().unwrap();
    let layout = LayoutStore::create(dir.path()).await.unwrap();
    let lost = [layers[1].clone(), layers[1].clone(), layers[3].clone()];
    let copied = copy_tags(&source, &tags, &layout, losing(dir.path(), &lost)).await;
    let failed: Vec<bool> = copied.iter().map(|tag| tag.error.is_some()).collect();
    assert_eq!(failed, [false, true, false, false, false], "{copied:?}");
    let error = copied[1].error.as_ref().unwrap();
    assert_eq!(*error.source.kind(), ErrorKind::MissingContent);
    assert!(layout.resolve("tag1").await.is_err());
    for tag in copied.iter().filter(|tag| tag.error.is_none()) {
        assert!(layout.resolve(&tag.tag).await.is_ok());
    }
}
