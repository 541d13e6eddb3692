//! The promises of the file store, seen from outside.
#![allow(clippy::unwrap_used)]

mod add;
mod fallback;
#[cfg(unix)]
mod folder_push;
#[cfg(unix)]
mod folders;
mod kept;
mod kept_state;
mod push;
#[cfg(target_os = "linux")]
mod races;
mod source;
mod titles;

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use oras_conformance::Suite;
use oras_content::{Descriptor, MediaType, Result, WriterExt, annotations};
use oras_file::FileStore;

#[tokio::test]
async fn it_keeps_the_promises_of_every_store() {
    let root = tempfile::tempdir().unwrap();
    let count = AtomicU32::new(0);
    Suite::new(|| async {
        FileStore::new(
            root.path()
                .join(count.fetch_add(1, Ordering::Relaxed).to_string()),
        )
    })
    .with_ranges()
    .with_manifests()
    .with_names()
    .with_predecessors()
    .with_tag_list()
    .with_content_list()
    .with_staged_ranges()
    .run()
    .await;
}

#[tokio::test]
async fn files_keep_the_promises_of_every_store() {
    let root = tempfile::tempdir().unwrap();
    let count = AtomicU32::new(0);
    Suite::new(|| async {
        let dir = root
            .path()
            .join(count.fetch_add(1, Ordering::Relaxed).to_string());
        titles::Titled(FileStore::new(dir))
    })
    .with_ranges()
    .with_local_files()
    .with_staged_ranges()
    .with_resumed_pushes()
    .run()
    .await;
}

fn titled(title: &str, text: &str) -> Descriptor {
    Descriptor::of(MediaType::OCI_LAYER, text.as_bytes()).with_annotation(annotations::TITLE, title)
}

/// Pushes `text` as the file `title`.
async fn push(store: &FileStore, title: &str, text: &str) -> Result<Descriptor> {
    let target = titled(title, text);
    store
        .push(&target, bytes::Bytes::from(text.to_owned()))
        .await
        .map(|_| target)
}

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<_> = std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}
