//! The stores of a case, with their initial content.

use std::collections::HashSet;
use std::sync::Mutex;

use futures_util::TryStreamExt;
use oras_content::{Descriptor, Digest, Store, StoreExt, Tag, Writer, WriterExt};
use oras_copy::{Recheck, copy};
use oras_layout::{LayoutStore, TarLayout, TarLayoutWriter};
use oras_memory::MemoryStore;
use oras_server::MemoryBackend;
use tempfile::TempDir;

use super::case::{Case, Instead, Kind};
use super::graph::Graph;

pub(super) struct World {
    pub(super) graph: Graph,
    pub(super) case: Case,
    pub(super) dir: TempDir,
    pub(super) backends: [MemoryBackend; 2],
    /// The registry of the destination, for mounts.
    pub(super) other: Mutex<String>,
    pub(super) memory: [MemoryStore; 2],
    /// What the root's tag resolved to before.
    pub(super) old: Option<Digest>,
    /// The copied root, or `None` if the requested platform does not exist.
    pub(super) root: Option<Descriptor>,
    /// Whether to print everything.
    pub(super) is_told: bool,
    /// The intact content of the destination before the copy.
    pub(super) before: HashSet<Digest>,
    /// Content that looks present but is damaged, or is missing below a present manifest.
    pub(super) unsound: HashSet<Digest>,
}

impl World {
    pub(super) async fn new(rng: &mut fastrand::Rng, has_sockets: bool) -> Self {
        let graph = Graph::random(rng);
        let case = Case::random(rng, has_sockets);
        let backends = match case.is_one_registry {
            true => {
                let one = MemoryBackend::new();
                [one.clone(), one]
            }
            false => [MemoryBackend::new(), MemoryBackend::new()],
        };
        let mut world = Self {
            graph,
            case,
            dir: tempfile::tempdir().unwrap(),
            backends,
            other: Mutex::default(),
            memory: [MemoryStore::new(), MemoryStore::new()],
            old: None,
            root: None,
            is_told: false,
            before: HashSet::new(),
            unsound: HashSet::new(),
        };
        world.fill_source().await;
        world.prepare(rng).await;
        world.foresee().await;
        world
    }

    async fn fill_source(&self) {
        let path = self.dir.path().join("from");
        match self.case.from {
            Kind::Memory => self.fill(&self.memory[0]).await,
            Kind::Registry => self.fill(&self.backends[0].store("from/app")).await,
            Kind::Layout => self.fill(&LayoutStore::create(path).await.unwrap()).await,
            Kind::Archive => {
                let archive = TarLayoutWriter::create(self.dir.path().join("from.tar"))
                    .await
                    .unwrap();
                self.fill(&archive).await;
                archive.finish().await.unwrap();
            }
        }
    }

    async fn fill(&self, store: &dyn Writer) {
        self.graph.fill(store).await;
        for (at, root) in self.graph.roots.iter().enumerate() {
            store.tag(root, tag(at)).await.unwrap();
        }
    }

    /// Copies in memory, to know what has to be copied.
    async fn foresee(&mut self) {
        let (source, destination) = (MemoryStore::new(), MemoryStore::new());
        self.fill(&source).await;
        if self.case.call.has_many_roots() || self.case.instead == Instead::Nothing {
            self.root = Some(self.graph.roots[0].clone());
            return;
        }
        let options = self.copy_options(Recheck::Trust);
        let Ok(root) = copy(&source, "v0", &destination, "v0", &options).await else {
            return;
        };
        let made = destination.fetch_all(&root, 1 << 20).await.unwrap();
        if self
            .graph
            .nodes
            .iter()
            .all(|node| node.descriptor().digest != root.digest)
        {
            self.graph.nodes.push(made);
        }
        self.root = Some(root);
    }

    /// Returns the destination without quirks and faults.
    pub(super) async fn plain_destination(&self) -> Box<dyn Store> {
        let path = self.dir.path().join("to");
        match self.case.to {
            Kind::Memory => Box::new(self.memory[1].clone()),
            Kind::Registry => Box::new(self.backends[1].store("to/app")),
            Kind::Layout => Box::new(LayoutStore::create(path).await.unwrap()),
            Kind::Archive if path.with_extension("tar").exists() => {
                Box::new(TarLayout::open(path.with_extension("tar")).await.unwrap())
            }
            Kind::Archive => Box::new(MemoryStore::new()),
        }
    }

    /// Prints what is copied.
    pub(super) fn show(&self) {
        println!("{:#?}", self.case);
        for node in &self.graph.nodes {
            let (node, bytes) = (node.descriptor(), node.bytes());
            match node.is_manifest() {
                true => println!("{} {}", node.digest, String::from_utf8_lossy(bytes)),
                false => println!("{} {} bytes", node.digest, node.size),
            }
        }
        let roots: Vec<_> = self.graph.roots.iter().map(|root| &root.digest).collect();
        println!("roots: {roots:?}");
        println!("before: {:?}, unsound: {:?}", self.before, self.unsound);
    }

    /// Returns the content of the destination, without quirks.
    pub(super) async fn contents(&self) -> HashSet<Digest> {
        let store = self.plain_destination().await;
        let Some(lister) = store.content_lister() else {
            return HashSet::new();
        };
        let contents: Vec<Descriptor> = lister.contents().try_collect().await.unwrap();
        contents.into_iter().map(|node| node.digest).collect()
    }
}

pub(super) fn tag(at: usize) -> Tag {
    format!("v{at}").parse().unwrap()
}
