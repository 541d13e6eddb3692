//! A destination that claims to have what it lacks.

use oras_content::{Error, ErrorKind, Exists, ImageIndex};
use oras_copy::{CopyOptions, copy_graph};
use oras_memory::MemoryStore;

use crate::graph::{artifact, push};
use crate::recorder::{Call, Recorder};

#[tokio::test]
async fn a_child_that_only_looks_present_is_copied_when_its_parent_is_refused() {
    let source = MemoryStore::new();
    let child = artifact(&source, &["a"]).await;
    let root = push(&source, ImageIndex::new(vec![child.clone()]).to_content()).await;
    let to = Recorder {
        strict: true,
        ..Recorder::default()
    };
    to.claims.lock().unwrap().insert(child.digest.clone());
    copy_graph(&source, &to, &root, &CopyOptions::default())
        .await
        .unwrap();
    assert!(to.store.exists(&root).await.unwrap());
    assert_eq!(to.count(|call| *call == Call::Push(root.digest.clone())), 2);
}

#[tokio::test]
async fn healing_reaches_claims_at_every_depth() {
    let source = MemoryStore::new();
    let leaf = artifact(&source, &["a"]).await;
    let middle = push(&source, ImageIndex::new(vec![leaf.clone()]).to_content()).await;
    let root = push(&source, ImageIndex::new(vec![middle.clone()]).to_content()).await;
    let to = Recorder {
        strict: true,
        ..Recorder::default()
    };
    to.claims
        .lock()
        .unwrap()
        .extend([leaf.digest.clone(), middle.digest.clone()]);
    copy_graph(&source, &to, &root, &CopyOptions::default())
        .await
        .unwrap();
    assert!(to.store.exists(&root).await.unwrap() && to.store.exists(&leaf).await.unwrap());
}

#[tokio::test]
async fn a_parent_that_stays_refused_fails_after_one_more_try() {
    let source = MemoryStore::new();
    let root = artifact(&source, &["a"]).await;
    let to = Refusing(Recorder::default());
    let error = copy_graph(&source, &to, &root, &CopyOptions::default())
        .await
        .unwrap_err();
    assert!(matches!(error.source.kind(), ErrorKind::MissingContent));
    assert_eq!(to.0.count(|call| matches!(call, Call::Exists(_))), 1);
}

/// Refuses every manifest for want of children.
struct Refusing(Recorder);

#[async_trait::async_trait]
impl oras_content::Fetcher for Refusing {
    async fn fetch_opts(
        &self,
        target: &oras_content::Descriptor,
        opts: oras_content::FetchOptions,
    ) -> oras_content::Result<oras_content::Content> {
        self.0.fetch_opts(target, opts).await
    }
}

#[async_trait::async_trait]
impl Exists for Refusing {
    async fn exists(&self, target: &oras_content::Descriptor) -> oras_content::Result<bool> {
        self.0.exists(target).await
    }
}

#[async_trait::async_trait]
impl oras_content::Pusher for Refusing {
    async fn push_opts(
        &self,
        expected: &oras_content::Descriptor,
        body: oras_content::Source,
        opts: oras_content::PushOptions,
    ) -> oras_content::Result<oras_content::Pushed> {
        if expected.is_manifest() {
            return Err(Error::new(ErrorKind::MissingContent, expected));
        }
        self.0.push_opts(expected, body, opts).await
    }
}
