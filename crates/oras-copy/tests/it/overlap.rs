//! Extended copies that start before all referrers of a root are found.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use oras_content::{
    Descriptor, Digest, ImageIndex, Manifest, Name, OpenOptions, Opened, Payload, PredecessorFinder,
    PushOptions, Pushed, ReferrerKeeper, ResolveOptions, Resolved, Result, Store, StoreExt, Tag, Writer,
};
use oras_copy::{ExtendedCopyOptions, extended_copy_graph};
use oras_memory::MemoryStore;
use tokio::sync::Semaphore;

use crate::graph::{artifact, push, referrer};

named!(Slow, Keeping);

/// A source that is slow to list the referrers of a node.
struct Slow(MemoryStore, Pause);

enum Pause {
    For(Duration),
    /// For this node, waits for a permit before it answers.
    Until(Digest, Arc<Semaphore>),
}

#[async_trait]
impl Store for Slow {
    async fn open(&self, target: &Descriptor, opts: OpenOptions) -> Result<Opened> {
        self.0.open(target, opts).await
    }

    async fn resolve_opts(&self, name: &Name, opts: ResolveOptions) -> Result<Resolved> {
        self.0.resolve_opts(name, opts).await
    }

    async fn exists(&self, target: &Descriptor) -> Result<bool> {
        self.0.exists(target).await
    }

    fn predecessor_finder(&self) -> Option<&dyn PredecessorFinder> {
        Some(self)
    }
}

#[async_trait]
impl PredecessorFinder for Slow {
    async fn predecessors(&self, node: &Descriptor) -> Result<Vec<Descriptor>> {
        match &self.1 {
            Pause::For(pause) => tokio::time::sleep(*pause).await,
            Pause::Until(about, told) if node.digest == *about => told.acquire().await.unwrap().forget(),
            Pause::Until(..) => {}
        }
        self.0.as_predecessor_finder()?.predecessors(node).await
    }
}

/// A destination that maintains a list of referrers, and reports pushed manifests.
#[derive(Default)]
struct Keeping {
    store: MemoryStore,
    listed: Mutex<Vec<Digest>>,
    pushed: Option<(Digest, Arc<Semaphore>)>,
}

#[async_trait]
impl Store for Keeping {
    async fn open(&self, target: &Descriptor, opts: OpenOptions) -> Result<Opened> {
        self.store.open(target, opts).await
    }

    async fn resolve_opts(&self, name: &Name, opts: ResolveOptions) -> Result<Resolved> {
        self.store.resolve_opts(name, opts).await
    }

    async fn exists(&self, target: &Descriptor) -> Result<bool> {
        self.store.exists(target).await
    }

    fn writer(&self) -> Option<&dyn Writer> {
        Some(self)
    }

    fn referrer_keeper(&self) -> Option<&dyn ReferrerKeeper> {
        Some(self)
    }
}

#[async_trait]
impl Writer for Keeping {
    async fn push_opts(&self, expected: &Descriptor, payload: Payload, opts: PushOptions) -> Result<Pushed> {
        let pushed = self.store.push_opts(expected, payload, opts).await?;
        if let Some((digest, told)) = &self.pushed
            && *digest == expected.digest
        {
            told.add_permits(1);
        }
        Ok(pushed)
    }

    async fn set_tag(&self, target: &Descriptor, tag: &Tag) -> Result<()> {
        self.store.set_tag(target, tag).await
    }
}

#[async_trait]
impl ReferrerKeeper for Keeping {
    fn is_needed(&self) -> bool {
        true
    }

    async fn ensure_listed(&self, manifest: &Manifest) -> Result<bool> {
        let digest = manifest.descriptor().digest.clone();
        self.listed.lock().unwrap().push(digest);
        Ok(true)
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_found_is_copied_while_more_is_looked_for() {
    let store = MemoryStore::new();
    let root = artifact(&store, &["a"]).await;
    let signature = referrer(&store, &root, "signature").await;
    let copied = Arc::new(Semaphore::new(0));
    let to = Keeping {
        pushed: Some((root.digest.clone(), Arc::clone(&copied))),
        ..Keeping::default()
    };
    let source = Slow(store, Pause::Until(signature.digest.clone(), copied));
    let options = ExtendedCopyOptions::default();
    let done = extended_copy_graph(&source, &to, &root, &options);
    let done = tokio::time::timeout(Duration::from_secs(60), done).await;
    done.expect("the root is copied before all is found").unwrap();
    assert!(to.store.exists(&signature).await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_referrer_that_is_there_is_listed_whenever_it_is_found() {
    for pause in [0, 1, 10] {
        let store = MemoryStore::new();
        let image = artifact(&store, &["a"]).await;
        let signature = referrer(&store, &image, "signature").await;
        let to = Keeping::default();
        oras_copy::copy_graph(&store, &to.store, &signature, &Default::default())
            .await
            .unwrap();
        let index = push(
            &store,
            ImageIndex::new(vec![image, signature.plain()]).to_content(),
        )
        .await;

        let source = Slow(store, Pause::For(Duration::from_millis(pause)));
        let options = ExtendedCopyOptions::default();
        extended_copy_graph(&source, &to, &index, &options).await.unwrap();

        let listed = to.listed.lock().unwrap().clone();
        assert_eq!(
            listed,
            std::slice::from_ref(&signature.digest),
            "after {pause} ms"
        );
    }
}
