//! Selections: the choices of a caller, and what the caller is told.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use oras_content::{
    Descriptor, Error, ErrorKind, Location, Manifest, MediaType, Result, Store, StoreExt, WriterExt,
};
use oras_copy::{
    Choice, CopyOptions, Event, ExtendedCopyOptions, Operation, Outcome, Selection, Side, Totals, copy,
    copy_graph, extended_copy_graph,
};
use oras_memory::MemoryStore;

use crate::graph::{artifact, index, referrer};
use crate::recorder::{Call, Recorder};

fn selecting(selection: impl Selection + 'static) -> CopyOptions {
    CopyOptions::default().with_selection(Arc::new(selection))
}

/// Replaces an index with its second manifest.
struct Second;

#[async_trait]
impl Selection for Second {
    async fn map_root(&self, source: &dyn Store, root: Descriptor) -> Result<Descriptor> {
        let index = source.fetch_manifest(&root, root.size).await?;
        Ok(index.manifests()[1].clone())
    }
}

#[tokio::test]
async fn a_root_is_mapped_and_gets_the_name() {
    let source = MemoryStore::new();
    let (root, images) = index(&source).await;
    let to = MemoryStore::new();
    let copied = copy(&source, "v1", &to, "v1", &selecting(Second)).await.unwrap();
    assert_eq!(copied.digest, images[1].digest);
    assert_eq!(to.resolve("v1").await.unwrap().digest, images[1].digest);
    assert!(!to.exists(&root).await.unwrap());
}

/// Forbids one media type.
struct Forbid(MediaType);

#[async_trait]
impl Selection for Forbid {
    async fn choose(&self, node: &Descriptor) -> Result<Choice> {
        match node.media_type == self.0 {
            true => Err(Error::refused(node, "the policy forbids its type")),
            false => Ok(Choice::Copy),
        }
    }
}

#[tokio::test]
async fn a_policy_ends_the_copy_with_its_own_error() {
    let source = MemoryStore::new();
    let root = artifact(&source, &["a"]).await;
    let to = MemoryStore::new();
    let layer = source
        .resolve(Descriptor::of(MediaType::OCTET_STREAM, b"a").digest)
        .await
        .unwrap();
    let options = selecting(Forbid(layer.media_type));
    let error = copy_graph(&source, &to, &root, &options).await.unwrap_err();
    assert_eq!((error.operation, error.side), (Operation::Select, Side::Source));
    assert_eq!(error.source.kind(), &ErrorKind::Refused);
    assert!(!to.exists(&root).await.unwrap());
}

/// Fails to list the successors of a manifest.
struct Lost;

#[async_trait]
impl Selection for Lost {
    async fn successors(&self, manifest: &Manifest) -> Result<Vec<Descriptor>> {
        Err(Error::unavailable(
            manifest.descriptor(),
            true,
            "the list is elsewhere",
        ))
    }
}

#[tokio::test]
async fn successors_may_fail() {
    let source = MemoryStore::new();
    let root = artifact(&source, &["a"]).await;
    let error = copy_graph(&source, &MemoryStore::new(), &root, &selecting(Lost))
        .await
        .unwrap_err();
    assert_eq!(error.operation, Operation::Select);
    assert!(error.is_transient());
}

/// Follows referrers of one type.
struct Only(&'static str);

#[async_trait]
impl Selection for Only {
    async fn predecessors(&self, _: &Descriptor, mut found: Vec<Descriptor>) -> Result<Vec<Descriptor>> {
        found.retain(|found| found.annotation("kind") == Some(self.0));
        Ok(found)
    }
}

#[tokio::test]
async fn predecessors_are_filtered() {
    let source = MemoryStore::new();
    let root = artifact(&source, &["a"]).await;
    let one = referrer(&source, &root, "one").await;
    let options = ExtendedCopyOptions::default().with_copy(selecting(Only("none")));
    let to = MemoryStore::new();
    extended_copy_graph(&source, &to, &root, &options).await.unwrap();
    assert!(to.exists(&root).await.unwrap() && !to.exists(&one).await.unwrap());
}

/// Offers another repository that may have every blob.
struct Known(Location);

#[async_trait]
impl Selection for Known {
    async fn mount_from(&self, _: &Descriptor) -> Result<Vec<Location>> {
        let elsewhere = Location {
            registry: "other.example".to_owned(),
            repository: "app".to_owned(),
        };
        Ok(vec![elsewhere, self.0.clone()])
    }
}

#[tokio::test]
async fn blobs_are_mounted_from_where_the_caller_says() {
    let source = MemoryStore::new();
    let root = artifact(&source, &["a"]).await;
    let to = Recorder {
        location: Some(("reg.example".into(), "to".into())),
        mountable: Some(source.clone()),
        ..Recorder::default()
    };
    let known = Location {
        registry: "reg.example".to_owned(),
        repository: "base".to_owned(),
    };
    copy_graph(&source, &to, &root, &selecting(Known(known)))
        .await
        .unwrap();
    let layer = Descriptor::of(MediaType::OCTET_STREAM, b"a").digest;
    assert_eq!(
        to.count(|call| *call == Call::Mount(layer.clone(), "base".into())),
        1
    );
    assert_eq!(
        to.count(|call| matches!(call, Call::Mount(_, from) if from == "app")),
        0
    );
    assert_eq!(to.count(|call| *call == Call::Push(layer.clone())), 0);
}

#[tokio::test]
async fn events_add_up() {
    let source = MemoryStore::new();
    let root = artifact(&source, &["first", "second"]).await;
    let to = MemoryStore::new();
    to.push_bytes(MediaType::OCTET_STREAM, "second").await.unwrap();
    let seen = Arc::new(Mutex::new((Totals::default(), Vec::new())));
    let hear = Arc::clone(&seen);
    let options = CopyOptions::default().with_events(Arc::new(move |event: Event<'_>| {
        let mut seen = hear.lock().unwrap();
        match event {
            Event::Discovered { totals, .. } => seen.0 = totals,
            Event::Finished {
                node,
                outcome,
                totals,
            } => {
                seen.0 = totals;
                seen.1.push((node.digest.clone(), outcome));
            }
            Event::Bytes { node, done } => assert!(done <= node.size),
            _ => {}
        }
    }));
    copy_graph(&source, &to, &root, &options).await.unwrap();
    let (totals, finished) = seen.lock().unwrap().clone();
    let manifest = source.fetch_manifest(&root, root.size).await.unwrap();
    let children: u64 = manifest.successors().map(|node| node.size).sum();
    assert_eq!((totals.nodes, totals.finished_nodes), (4, 4));
    assert_eq!(totals.bytes, children + root.size);
    assert_eq!(totals.finished_bytes, totals.bytes);
    assert_eq!(totals.copied_bytes, totals.bytes - 6);
    let second = Descriptor::of(MediaType::OCTET_STREAM, b"second").digest;
    assert!(finished.contains(&(second, Outcome::Present)));
    assert_eq!(finished.last().unwrap(), &(root.digest, Outcome::Copied));
}
