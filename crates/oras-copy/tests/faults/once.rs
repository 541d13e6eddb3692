//! Without a fault, every byte is read once and hashed once: manifests reach the destination verified.

use std::collections::HashMap;
use std::fmt;
use std::sync::Mutex;

use async_trait::async_trait;
use oras_content::{
    Descriptor, Digest, Name, OpenOptions, Opened, Payload, PredecessorFinder, PushOptions, Pushed,
    ResolveOptions, Resolved, Result, Store, Tag, Writer,
};
use oras_copy::{CopyOptions, ExtendedCopyOptions, copy, extended_copy};

use crate::graph::Graph;
use crate::run::World;

/// A wrapper of a store that counts reads and inspects pushes.
struct Watched<S> {
    store: S,
    opened: Mutex<HashMap<Digest, usize>>,
    resolved: Mutex<usize>,
    /// Each push, and whether its content was already verified.
    pushed: Mutex<Vec<(Digest, bool)>>,
}

impl<S> Watched<S> {
    fn new(store: S) -> Self {
        Self {
            store,
            opened: Mutex::default(),
            resolved: Mutex::default(),
            pushed: Mutex::default(),
        }
    }

    fn opens(&self, digest: &Digest) -> usize {
        self.opened.lock().unwrap().get(digest).copied().unwrap_or(0)
    }
}

impl<S> fmt::Display for Watched<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the watched store")
    }
}

#[async_trait]
impl<S: Store> Store for Watched<S> {
    async fn open(&self, target: &Descriptor, opts: OpenOptions) -> Result<Opened> {
        *self
            .opened
            .lock()
            .unwrap()
            .entry(target.digest.clone())
            .or_default() += 1;
        self.store.open(target, opts).await
    }

    async fn resolve_opts(&self, name: &Name, opts: ResolveOptions) -> Result<Resolved> {
        *self.resolved.lock().unwrap() += 1;
        self.store.resolve_opts(name, opts).await
    }

    async fn exists(&self, target: &Descriptor) -> Result<bool> {
        self.store.exists(target).await
    }

    fn predecessor_finder(&self) -> Option<&dyn PredecessorFinder> {
        self.store.predecessor_finder()
    }
}

#[async_trait]
impl<S: Writer> Writer for Watched<S> {
    async fn push_opts(&self, expected: &Descriptor, payload: Payload, opts: PushOptions) -> Result<Pushed> {
        let pushed = (expected.digest.clone(), payload.as_verified().is_some());
        self.pushed.lock().unwrap().push(pushed);
        self.store.push_opts(expected, payload, opts).await
    }

    async fn set_tag(&self, target: &Descriptor, tag: &Tag) -> Result<()> {
        self.store.set_tag(target, tag).await
    }
}

/// Checks that all nodes reachable from `root` were read once and pushed once: manifests verified, blobs as they are
/// read.
fn check<S, D>(graph: &Graph, root: &Descriptor, from: &Watched<S>, to: &Watched<D>) {
    let reached = graph.reached(root);
    let pushed = to.pushed.lock().unwrap();
    assert_eq!(pushed.len(), reached.len(), "{pushed:?}");
    for node in reached {
        // The index is read when its tag is resolved.
        let opens = usize::from(node.digest != graph.index.digest);
        assert_eq!(from.opens(&node.digest), opens, "{node:?}");
        assert!(
            pushed.contains(&(node.digest.clone(), node.is_manifest())),
            "{node:?}: {pushed:?}"
        );
        assert_eq!(to.opens(&node.digest), 0, "nothing is read at the destination");
    }
    assert_eq!(*from.resolved.lock().unwrap(), 1);
}

#[tokio::test]
async fn a_copy_reads_and_hashes_everything_once() {
    let world = World::new().await;
    let [source, destination] = world.registries(None).await;
    let from = Watched::new(source.repository("app"));
    let to = Watched::new(destination.repository("app"));
    copy(&from, "v1", &to, "v1", &CopyOptions::default())
        .await
        .unwrap();
    check(&world.graph, &world.graph.index, &from, &to);
}

#[tokio::test]
async fn an_extended_copy_reads_and_hashes_everything_once() {
    let world = World::new().await;
    let [source, destination] = world.registries(None).await;
    let from = Watched::new(source.repository("app"));
    let to = Watched::new(destination.repository("app"));
    extended_copy(&from, "v1", &to, "v1", &ExtendedCopyOptions::default())
        .await
        .unwrap();
    check(&world.graph, &world.graph.signature, &from, &to);
}
