//! What a destination has, hashed here and by nobody else.

use std::collections::HashSet;

use futures_util::{StreamExt, TryStreamExt};
use oras_content::{Content, Descriptor, Digest, OpenOptions, Store, StoreExt};

use crate::graph::Graph;

/// Whether `store` has `root` and all that is reachable from it, every byte as it should be.
///
/// # Panics
///
/// Something is there under a digest that it does not have.
pub(crate) async fn whole(store: &dyn Store, graph: &Graph, root: &Descriptor) -> bool {
    for node in graph.reached(root) {
        if !has(store, node).await {
            return false;
        }
    }
    true
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
    assert_eq!(
        Digest::sha256(&bytes),
        node.digest,
        "damaged content is there under its name"
    );
    true
}

async fn read(content: Content) -> Vec<u8> {
    let frames: Vec<_> = content
        .map(|frame| frame.map(|bytes| bytes.to_vec()))
        .try_collect()
        .await
        .unwrap();
    frames.concat()
}

/// What of `graph` is not in `store`.
pub(crate) async fn missing(store: &dyn Store, graph: &Graph) -> HashSet<Digest> {
    let mut missing = graph.all();
    for digest in graph.all() {
        if has(store, &graph.node(&digest).descriptor).await {
            missing.remove(&digest);
        }
    }
    missing
}

/// Every manifest that is there has all that it refers to, and so has what the tag names. Says whether the tag is there.
pub(crate) async fn assert_sound(store: &dyn Store, graph: &Graph) -> bool {
    let missing = missing(store, graph).await;
    for digest in graph.all().difference(&missing) {
        for child in &graph.node(digest).children {
            assert!(!missing.contains(child), "{digest} is there without its {child}");
        }
    }
    match store.resolve("v1").await {
        Ok(tagged) => {
            assert!(
                whole(store, graph, &tagged).await,
                "the tag is there before its content"
            );
            true
        }
        Err(error) => {
            assert!(error.is_not_found(), "{error:?}");
            false
        }
    }
}
