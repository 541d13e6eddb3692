//! A destination that claims content it lacks.

use async_trait::async_trait;
use oras_content::{
    Descriptor, Error, ErrorKind, ImageIndex, Name, OpenOptions, Opened, Payload, PushOptions, Pushed,
    ResolveOptions, Resolved, Result, Store, StoreExt, Tag, Writer, WriterExt,
};
use oras_copy::{CopyOptions, copy, copy_graph};
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
async fn a_manifest_that_is_there_and_is_refused_a_tag_gets_what_it_lacks() {
    let source = MemoryStore::new();
    let root = artifact(&source, &["a"]).await;
    source.tag(&root, "v1").await.unwrap();
    for manifest_memory in [0, 1 << 20] {
        let to = Recorder {
            strict: true,
            ..Recorder::default()
        };
        let content = source.fetch_all(&root, root.size).await.unwrap();
        push(&to.store, content).await;
        let options = CopyOptions::default().with_manifest_memory(manifest_memory);
        copy(&source, "v1", &to, "v1", &options).await.unwrap();
        assert_eq!(to.store.resolve("v1").await.unwrap().digest, root.digest);
        let manifest = source.fetch_manifest(&root, root.size).await.unwrap();
        for child in manifest.successors() {
            assert!(
                to.store.exists(child).await.unwrap(),
                "{manifest_memory}: {child:?}"
            );
        }
    }
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

/// Refuses every manifest because of missing children.
struct Refusing(Recorder);

named!(Refusing);

#[async_trait]
impl Store for Refusing {
    async fn open(&self, target: &Descriptor, opts: OpenOptions) -> Result<Opened> {
        self.0.open(target, opts).await
    }

    async fn resolve_opts(&self, name: &Name, opts: ResolveOptions) -> Result<Resolved> {
        self.0.resolve_opts(name, opts).await
    }

    async fn exists(&self, target: &Descriptor) -> Result<bool> {
        self.0.exists(target).await
    }
}

#[async_trait]
impl Writer for Refusing {
    async fn push_opts(&self, expected: &Descriptor, payload: Payload, opts: PushOptions) -> Result<Pushed> {
        if expected.is_manifest() {
            return Err(Error::new(ErrorKind::MissingContent, expected));
        }
        self.0.push_opts(expected, payload, opts).await
    }

    async fn set_tag(&self, target: &Descriptor, tag: &Tag) -> Result<()> {
        self.0.set_tag(target, tag).await
    }
}
