//! The guarantees of the layout store, tested through its public API.
#![allow(clippy::unwrap_used)]

mod batch;
mod blob_store;
mod cascade;
mod check;
mod crash;
mod create;
mod delete;
mod foreign;
mod gc;
mod gc_graphs;
mod gc_model;
mod gc_shared;
mod index;
mod kept;
mod kept_state;
mod link;
mod presence;
mod relied;
mod reopen;
mod resume;
mod shared;
mod tar;
mod tar_read_ahead;
mod tar_writer;

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use futures_util::TryStreamExt;
use oras_conformance::Suite;
use oras_content::{Descriptor, ImageManifest, MediaType, TagListOptions, TagLister, WriterExt};
use oras_layout::LayoutStore;

#[tokio::test]
async fn it_keeps_the_promises_of_every_store() {
    let root = tempfile::tempdir().unwrap();
    let count = AtomicU32::new(0);
    Suite::new(|| async {
        let dir = root
            .path()
            .join(count.fetch_add(1, Ordering::Relaxed).to_string());
        LayoutStore::create(dir).await.unwrap()
    })
    .with_ranges()
    .with_manifests()
    .with_names()
    .with_untag()
    .with_tag_list()
    .with_delete()
    .with_predecessors()
    .with_predecessors_deleted()
    .with_referrers()
    .with_staged_ranges()
    .with_resumed_pushes()
    .with_content_list()
    .with_local_files()
    .run()
    .await;
}

/// Pushes a manifest with one layer of this text.
async fn push_manifest(store: &LayoutStore, text: &str, subject: Option<&Descriptor>) -> Descriptor {
    let layer = push(store, MediaType::OCTET_STREAM, text.as_bytes()).await;
    push(store, MediaType::OCI_EMPTY, b"{}").await;
    let mut manifest = ImageManifest::new(Descriptor::empty_json());
    manifest.layers.push(layer);
    manifest.subject = subject.cloned();
    push(store, MediaType::OCI_MANIFEST, manifest.to_content().bytes()).await
}

/// Pushes content unless it is present.
async fn push(store: &LayoutStore, media_type: MediaType, bytes: &[u8]) -> Descriptor {
    store.push_bytes(media_type, bytes.to_vec()).await.unwrap()
}

async fn tags(store: &LayoutStore) -> Vec<String> {
    store.tags(TagListOptions::default()).try_collect().await.unwrap()
}

fn index(dir: &Path) -> serde_json::Value {
    serde_json::from_slice(&std::fs::read(dir.join("index.json")).unwrap()).unwrap()
}

/// Returns every file of a folder, relative to it.
fn files(dir: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut todo = vec![dir.to_owned()];
    while let Some(next) = todo.pop() {
        for entry in std::fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => todo.push(path),
                false => found.push(path.strip_prefix(dir).unwrap().to_str().unwrap().to_owned()),
            }
        }
    }
    found.sort();
    found
}
