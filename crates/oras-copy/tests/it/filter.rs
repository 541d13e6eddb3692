//! Referrers selected by their own properties.

use std::fmt;

use async_trait::async_trait;
use oras_content::{
    Annotations, Descriptor, ImageIndex, MediaType, Name, OpenOptions, Opened, PredecessorFinder,
    ResolveOptions, Resolved, Result, Store, WriterExt,
};
use oras_copy::{
    CopyOptions, ExtendedCopyOptions, ReferrerFilter, extended_copy_graph, find_predecessors, find_successors,
};
use oras_layout::LayoutStore;
use oras_memory::MemoryStore;
use oras_pack::{ManifestVersion, PackOptions, pack_manifest};

use crate::graph::artifact;
use crate::recorder::{Call, Recorder};

/// A signature, a bill of materials, and an index, each of which refers to the root.
struct Graph {
    root: Descriptor,
    signature: Descriptor,
    sbom: Descriptor,
    index: Descriptor,
}

async fn graph(store: &MemoryStore) -> Graph {
    let root = artifact(store, &["a"]).await;
    store.tag(&root, "v1").await.unwrap();
    let signature = attach(store, &root, "application/vnd.test.signature", "ann").await;
    let sbom = attach(store, &root, "application/vnd.test.sbom", "bob").await;
    let mut index = ImageIndex::new(vec![root.plain()]);
    index.artifact_type = Some(MediaType::from_static("application/vnd.test.release"));
    index.subject = Some(root.plain());
    index.annotations = by("ann");
    let content = index.to_content();
    let index = content.descriptor().clone();
    store.push(&index, content).await.unwrap();
    Graph {
        root,
        signature,
        sbom,
        index,
    }
}

async fn attach(store: &MemoryStore, subject: &Descriptor, kind: &str, who: &str) -> Descriptor {
    let options = PackOptions::default()
        .with_subject(subject.plain())
        .with_annotations(by(who));
    pack_manifest(store, ManifestVersion::V1_1, kind, options)
        .await
        .unwrap()
}

fn by(who: &str) -> Annotations {
    Annotations::from([("by".to_owned(), who.to_owned())])
}

/// Returns which of the signature, the bill of materials and the index are copied.
async fn followed(source: &impl Store, graph: &Graph, options: &ExtendedCopyOptions) -> [bool; 3] {
    let to = MemoryStore::new();
    extended_copy_graph(source, &to, &graph.root, options)
        .await
        .unwrap();
    let mut there = [false; 3];
    for (there, node) in there
        .iter_mut()
        .zip([&graph.signature, &graph.sbom, &graph.index])
    {
        *there = to.exists(node).await.unwrap();
    }
    there
}

fn filters() -> Vec<(ReferrerFilter, [bool; 3])> {
    let any = ReferrerFilter::default;
    vec![
        (any(), [true, true, true]),
        (
            any().with_artifact_type(|kind| kind.contains(".s")),
            [true, true, false],
        ),
        (
            any().with_artifact_type(|kind| kind.ends_with("release")),
            [false, false, true],
        ),
        (any().with_annotation("by"), [true, true, true]),
        (any().with_annotation("of"), [false, false, false]),
        (
            any().with_annotation_matching("by", |who| who == "ann"),
            [true, false, true],
        ),
        (
            any()
                .with_artifact_type(|kind| kind.contains(".s"))
                .with_annotation_matching("by", |who| who != "ann"),
            [false, true, false],
        ),
    ]
}

#[tokio::test]
async fn referrers_are_followed_by_type_and_annotation_whatever_the_store_tells_of_them() {
    let memory = MemoryStore::new();
    let graph = graph(&memory).await;
    let folder = tempfile::tempdir().unwrap();
    let layout = LayoutStore::create(folder.path()).await.unwrap();
    extended_copy_graph(&memory, &layout, &graph.root, &ExtendedCopyOptions::default())
        .await
        .unwrap();
    let bare = Bare(Recorder::over(&memory));
    for (filter, expected) in filters() {
        let options = ExtendedCopyOptions::default().with_filter(filter);
        assert_eq!(
            followed(&memory, &graph, &options).await,
            expected,
            "memory, {options:?}"
        );
        assert_eq!(
            followed(&layout, &graph, &options).await,
            expected,
            "layout, {options:?}"
        );
        assert_eq!(
            followed(&bare, &graph, &options).await,
            expected,
            "bare, {options:?}"
        );
    }
}

#[tokio::test]
async fn one_artifact_type_is_found_where_the_store_does_not_tell_it() {
    let memory = MemoryStore::new();
    let graph = graph(&memory).await;
    let sbom = ExtendedCopyOptions::default()
        .with_artifact_type(MediaType::from_static("application/vnd.test.sbom"));
    let bare = Bare(Recorder::over(&memory));
    assert_eq!(followed(&bare, &graph, &sbom).await, [false, true, false]);
}

#[tokio::test]
async fn a_manifest_that_the_filter_read_is_not_read_again() {
    let memory = MemoryStore::new();
    let graph = graph(&memory).await;
    for (memory_limit, reads) in [(u64::MAX, 1), (0, 2)] {
        let bare = Bare(Recorder::over(&memory));
        let copy = CopyOptions::default().with_manifest_memory(memory_limit);
        let filter = ReferrerFilter::default().with_annotation("by");
        let options = ExtendedCopyOptions::default().with_copy(copy).with_filter(filter);
        assert_eq!(followed(&bare, &graph, &options).await, [true; 3]);
        let count = |node: &Descriptor| bare.0.count(|call| *call == Call::Fetch(node.digest.clone()));
        assert_eq!(
            (count(&graph.signature) > 1, count(&graph.index) > 1),
            (reads > 1, reads > 1)
        );
    }
}

#[tokio::test]
async fn a_referrer_that_cannot_be_read_is_told_of_and_the_rest_goes_on() {
    let memory = MemoryStore::new();
    let graph = graph(&memory).await;
    let bare = Bare(Recorder::over(&memory));
    bare.0.damaged.lock().unwrap().insert(graph.sbom.digest.clone());
    let filter = ReferrerFilter::default().with_annotation("by");
    for keep_going in [false, true] {
        let copy = CopyOptions::default().with_keep_going(keep_going);
        let options = ExtendedCopyOptions::default()
            .with_copy(copy)
            .with_filter(filter.clone());
        let to = MemoryStore::new();
        extended_copy_graph(&bare, &to, &graph.root, &options)
            .await
            .unwrap_err();
        assert_eq!(to.exists(&graph.signature).await.unwrap(), keep_going);
    }
}

#[tokio::test]
async fn neighbours_are_found_in_both_directions() {
    let store = MemoryStore::new();
    let graph = graph(&store).await;
    let above: Vec<_> = find_predecessors(&store, &graph.root).await.unwrap();
    let digests: Vec<_> = above.iter().map(|node| &node.digest).collect();
    assert_eq!(
        digests,
        [&graph.signature.digest, &graph.sbom.digest, &graph.index.digest]
    );
    let below = find_successors(&store, &graph.signature).await.unwrap();
    assert!(below.iter().any(|node| node.digest == graph.root.digest));
    let layer = &find_successors(&store, &graph.root).await.unwrap()[1];
    assert_eq!(find_successors(&store, layer).await.unwrap(), []);
}

/// A store that finds predecessors, and reports only their plain descriptors.
struct Bare(Recorder);

impl fmt::Display for Bare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[async_trait]
impl Store for Bare {
    async fn open(&self, target: &Descriptor, opts: OpenOptions) -> Result<Opened> {
        self.0.open(target, opts).await
    }

    async fn resolve_opts(&self, name: &Name, opts: ResolveOptions) -> Result<Resolved> {
        self.0.resolve_opts(name, opts).await
    }

    fn predecessor_finder(&self) -> Option<&dyn PredecessorFinder> {
        Some(self)
    }
}

#[async_trait]
impl PredecessorFinder for Bare {
    async fn predecessors(&self, node: &Descriptor) -> Result<Vec<Descriptor>> {
        let found = self.0.store.predecessors(node).await?;
        Ok(found.iter().map(Descriptor::plain).collect())
    }
}
