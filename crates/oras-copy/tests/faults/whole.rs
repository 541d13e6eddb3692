//! The content of a destination, hashed independently of the crates under test.

use std::collections::HashSet;

use futures_util::{StreamExt, TryStreamExt};
use oras_content::{Content, Descriptor, Digest, OpenOptions, Store, StoreExt};

use crate::graph::Graph;

/// What a store has of a graph.
pub(crate) struct Seen<'a> {
    graph: &'a Graph,
    /// The nodes it lacks.
    pub(crate) missing: HashSet<Digest>,
    pub(crate) is_tagged: bool,
}

impl Seen<'_> {
    /// Whether `root` and everything reachable from it are present.
    pub(crate) fn whole(&self, root: &Descriptor) -> bool {
        let mut reached = self.graph.reached(root).into_iter();
        reached.all(|node| !self.missing.contains(&node.digest))
    }
}

/// Checks every byte `store` has of `graph` and below its tag `v1`.
///
/// # Panics
///
/// Content does not match its digest, a manifest lacks its children, or the tag lacks its content.
pub(crate) async fn look<'a>(store: &dyn Store, graph: &'a Graph) -> Seen<'a> {
    let missing = missing(store, graph).await;
    for digest in graph.all().difference(&missing) {
        for child in &graph.node(digest).children {
            assert!(!missing.contains(child), "{digest} is there without its {child}");
        }
    }
    let mut seen = Seen {
        graph,
        missing,
        is_tagged: false,
    };
    match store.resolve("v1").await {
        Ok(tagged) => {
            assert!(seen.whole(&tagged), "the tag is there before its content");
            seen.is_tagged = true;
        }
        Err(error) => assert!(error.is_not_found(), "{error:?}"),
    }
    seen
}

/// Returns the nodes of `graph` that are missing from `store`, which may have manifests without their children.
pub(crate) async fn missing(store: &dyn Store, graph: &Graph) -> HashSet<Digest> {
    let mut missing = graph.all();
    for digest in graph.all() {
        if has(store, &graph.node(&digest).descriptor).await {
            missing.remove(&digest);
        }
    }
    missing
}

/// Whether `store` has all the bytes of `node`.
async fn has(store: &dyn Store, node: &Descriptor) -> bool {
    let Ok(opened) = store.open(node, OpenOptions::default()).await else {
        return false;
    };
    let bytes = read(opened.content).await;
    assert_eq!(
        bytes.len() as u64,
        node.size,
        "{} has another length",
        node.digest
    );
    let digest = Digest::sha256(&bytes);
    assert_eq!(digest, node.digest, "damaged content is there under its name");
    true
}

async fn read(content: Content) -> Vec<u8> {
    let frames = content.map(|frame| frame.map(|bytes| bytes.to_vec()));
    let frames: Vec<_> = frames.try_collect().await.unwrap();
    frames.concat()
}
