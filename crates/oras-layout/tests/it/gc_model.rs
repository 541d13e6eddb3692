//! Collections of random graphs, compared with a model that is obviously correct.

use std::collections::BTreeSet;

use oras_content::{Descriptor, ImageIndex, ImageManifest, Manifest, MediaType, Store, StoreExt, WriterExt};
use oras_layout::{CheckOptions, LayoutStore};

use crate::gc::{assert_whole, at_once};
use crate::relied::path;
use crate::{push, tags};

/// Pseudo-random numbers, the same in each run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % limit
    }

    /// Returns up to `most` of these, possibly with duplicates.
    fn some(&mut self, of: &[Descriptor], most: usize) -> Vec<Descriptor> {
        match of.len() {
            0 => Vec::new(),
            len => (0..self.below(most + 1))
                .map(|_| of[self.below(len)].clone())
                .collect(),
        }
    }
}

/// The pushed content, and its tags.
struct Graph {
    blobs: Vec<Descriptor>,
    manifests: Vec<Descriptor>,
    tagged: BTreeSet<usize>,
}

async fn grow(store: &LayoutStore, chance: &mut Chance) -> Graph {
    let mut graph = Graph {
        blobs: vec![push(store, MediaType::OCI_EMPTY, b"{}").await],
        manifests: Vec::new(),
        tagged: BTreeSet::new(),
    };
    for n in 0..6 {
        let text = format!("blob {n}");
        graph
            .blobs
            .push(push(store, MediaType::OCTET_STREAM, text.as_bytes()).await);
    }
    for n in 0..10 {
        let mut subject = chance.some(&graph.manifests, 1);
        let annotations = [("n".to_owned(), n.to_string())].into_iter().collect();
        let pushed = if chance.below(3) == 0 {
            let mut list = ImageIndex::new(chance.some(&graph.manifests, 3));
            list.subject = subject.pop();
            list.annotations = annotations;
            push(store, MediaType::OCI_INDEX, list.to_content().bytes()).await
        } else {
            let mut image = ImageManifest::new(Descriptor::empty_json());
            image.layers = chance.some(&graph.blobs, 3);
            image.subject = subject.pop();
            image.annotations = annotations;
            push(store, MediaType::OCI_MANIFEST, image.to_content().bytes()).await
        };
        if chance.below(4) == 0 {
            store.tag(&pushed, &*format!("v{n}")).await.unwrap();
            graph.tagged.insert(n);
        }
        graph.manifests.push(pushed);
    }
    graph
}

/// Returns what is kept, by repeated passes until nothing more is found.
async fn expected(store: &LayoutStore, graph: &Graph, remove_untagged: bool) -> BTreeSet<String> {
    let mut parsed: Vec<Manifest> = Vec::new();
    for manifest in &graph.manifests {
        parsed.push(store.fetch_manifest(manifest, 1 << 20).await.unwrap());
    }
    let is_root = |n: &usize| !remove_untagged || graph.tagged.contains(n);
    let roots = (0..graph.manifests.len()).filter(is_root);
    let mut kept: BTreeSet<String> = roots.map(|n| graph.manifests[n].digest.to_string()).collect();
    loop {
        let before = kept.len();
        for manifest in &parsed {
            let is_referrer = manifest
                .subject()
                .is_some_and(|subject| kept.contains(subject.digest.as_str()));
            if is_referrer || kept.contains(manifest.descriptor().digest.as_str()) {
                kept.insert(manifest.descriptor().digest.to_string());
                kept.extend(manifest.successors().map(|node| node.digest.to_string()));
            }
        }
        if kept.len() == before {
            return kept;
        }
    }
}

#[tokio::test]
async fn a_collection_keeps_what_a_simple_model_keeps() {
    for seed in 0..60 {
        let dir = tempfile::tempdir().unwrap();
        let store = LayoutStore::create(dir.path()).await.unwrap();
        let mut chance = Chance(seed);
        let graph = grow(&store, &mut chance).await;
        let remove_untagged = seed % 4 != 0;
        let kept = expected(&store, &graph, remove_untagged).await;
        let names = tags(&store).await;

        let opts = at_once().with_remove_untagged(remove_untagged);
        let told = store.gc(opts.clone().with_dry_run(true)).await.unwrap();
        let report = store.gc(opts.clone()).await.unwrap();
        assert_eq!(report.removed, told.removed, "seed {seed}");
        assert_eq!(report.kept.blobs as usize, kept.len(), "seed {seed}");
        let again = LayoutStore::open(dir.path()).await.unwrap();
        for target in graph.manifests.iter().chain(&graph.blobs) {
            let is_kept = kept.contains(target.digest.as_str());
            assert_eq!(path(dir.path(), target).exists(), is_kept, "seed {seed}");
            // A manifest that nothing refers to would not be found.
            for handle in [&store, &again] {
                assert_eq!(handle.exists(target).await.unwrap(), is_kept, "seed {seed}");
            }
            if is_kept {
                assert_whole(&again, target).await;
            }
        }
        assert_eq!(tags(&again).await, names, "seed {seed}");
        let checked = again.check(CheckOptions::default()).await.unwrap();
        assert!(checked.problems.is_empty(), "seed {seed}: {:?}", checked.problems);
        assert_eq!(again.gc(opts).await.unwrap().removed.blobs, 0, "seed {seed}");
    }
}
