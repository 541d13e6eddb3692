//! Verifiers: what they are asked, and that refused content is not written.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures_util::TryStreamExt;
use oras_content::{Error, ErrorKind, Name, Platform, Result, Store, StoreExt, Tag, WriterExt};
use oras_copy::{
    CopyError, CopyOptions, CopyTags, CopyTagsOptions, ExtendedCopyOptions, Operation, Side, Subject,
    Verifier, copy, copy_graph, extended_copy, extended_copy_graph, plan, plan_extended,
};
use oras_memory::MemoryStore;

use crate::graph::{artifact, index, referrer};
use crate::recorder::{Call, Recorder};

/// Refuses one name, and records the queries.
#[derive(Default)]
struct Gate {
    refused: Option<Name>,
    /// The name, what it resolves to, the root, and the root's size in bytes.
    asked: Mutex<Vec<(String, String, String, usize)>>,
}

#[async_trait]
impl Verifier for Gate {
    async fn verify(&self, subject: &Subject<'_>) -> Result<()> {
        let bytes = subject.content.map_or(0, |content| content.bytes().len());
        self.asked.lock().unwrap().push((
            subject.name.to_string(),
            subject.resolved.digest.to_string(),
            subject.root.digest.to_string(),
            bytes,
        ));
        match Some(subject.name) == self.refused.as_ref() {
            true => Err(Error::refused(subject.root, "the gate is closed")),
            false => Ok(()),
        }
    }
}

impl Gate {
    fn closed_to(name: impl Into<Name>) -> Arc<Self> {
        Arc::new(Self {
            refused: Some(name.into()),
            ..Self::default()
        })
    }

    fn names(&self) -> Vec<String> {
        let asked = self.asked.lock().unwrap();
        asked.iter().map(|(name, ..)| name.clone()).collect()
    }
}

fn options(verifier: &Arc<Gate>) -> ExtendedCopyOptions {
    let verifier = Arc::clone(verifier) as Arc<dyn Verifier>;
    ExtendedCopyOptions::default().with_copy(CopyOptions::default().with_verifier(verifier))
}

fn tag(name: &str) -> Tag {
    name.parse().unwrap()
}

fn is_refusal(error: &CopyError) {
    assert_eq!((error.operation, error.side), (Operation::Approve, Side::Source));
    assert_eq!(error.source.kind(), &ErrorKind::Refused);
}

#[tokio::test]
async fn what_is_refused_is_neither_read_nor_written() {
    let source = MemoryStore::new();
    let root = artifact(&source, &["a", "b"]).await;
    source.tag(&root, "v1").await.unwrap();
    referrer(&source, &root, "signature").await;
    let (from, to) = (Recorder::over(&source), Recorder::default());

    let by_tag = options(&Gate::closed_to(tag("v1")));
    is_refusal(&copy(&from, "v1", &to, "", &by_tag.copy).await.unwrap_err());
    is_refusal(&extended_copy(&from, "v1", &to, "", &by_tag).await.unwrap_err());
    is_refusal(&plan(&from, "v1", &to, "", &by_tag.copy).await.unwrap_err());
    is_refusal(&plan_extended(&from, "v1", &to, "", &by_tag).await.unwrap_err());
    let by_digest = options(&Gate::closed_to(root.digest.clone()));
    is_refusal(&copy_graph(&from, &to, &root, &by_digest.copy).await.unwrap_err());
    is_refusal(
        &extended_copy_graph(&from, &to, &root, &by_digest)
            .await
            .unwrap_err(),
    );

    assert_eq!(to.calls(), []);
    let read = from.count(|call| matches!(call, Call::Fetch(digest) if *digest != root.digest));
    assert_eq!(read, 0, "{:?}", from.calls());
}

#[tokio::test]
async fn the_error_names_the_place() {
    let source = MemoryStore::new();
    let root = artifact(&source, &["a"]).await;
    source.tag(&root, "v1").await.unwrap();
    let options = options(&Gate::closed_to(tag("v1")));
    let error = copy(&source, "v1", &MemoryStore::new(), "", &options.copy)
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("cannot approve what is at the source {source}:v1")
    );
}

#[tokio::test]
async fn a_verifier_is_told_what_was_asked_for_and_what_is_copied() {
    let source = MemoryStore::new();
    let (index, images) = index(&source).await;
    let gate = Arc::new(Gate::default());
    let mut options = options(&gate);
    options.copy = options.copy.with_platforms([Platform::new("linux", "arm64")]);
    copy(&source, "v1", &MemoryStore::new(), "", &options.copy)
        .await
        .unwrap();
    let image = images[1].size.try_into().unwrap();
    let expected = (
        "v1".to_owned(),
        index.digest.to_string(),
        images[1].digest.to_string(),
        image,
    );
    assert_eq!(gate.asked.lock().unwrap()[..], [expected]);
}

#[tokio::test]
async fn a_root_is_read_once_and_approved_once() {
    let source = MemoryStore::new();
    let root = artifact(&source, &["a"]).await;
    let gate = Arc::new(Gate::default());
    let options = options(&gate);
    let from = Recorder::over(&source);
    copy_graph(&from, &MemoryStore::new(), &root, &options.copy)
        .await
        .unwrap();
    assert_eq!(from.count(|call| *call == Call::Fetch(root.digest.clone())), 1);

    let to = MemoryStore::new();
    let planned = plan(&source, root.digest.clone(), &to, "v1", &options.copy);
    planned.await.unwrap().run().await.unwrap();
    assert_eq!(gate.names(), [root.digest.to_string(), root.digest.to_string()]);
}

#[tokio::test]
async fn each_tag_is_approved_by_itself() {
    let source = MemoryStore::new();
    let root = artifact(&source, &["a"]).await;
    source.tag(&root, "good").await.unwrap();
    source.tag(&root, "bad").await.unwrap();
    referrer(&source, &root, "signature").await;
    let gate = Gate::closed_to(tag("bad"));
    let options = CopyTagsOptions::default()
        .with_extended(options(&gate))
        .with_referrers(true);
    let to = MemoryStore::new();
    let tags = vec![tag("bad"), tag("good")];
    let copied = CopyTags::find(&source, tags, &options).await.run(&to).await;
    is_refusal(copied[0].error.as_ref().unwrap());
    assert!(copied[1].error.is_none());
    assert_eq!(to.resolve("good").await.unwrap().digest, root.digest);
    assert!(to.resolve("bad").await.unwrap_err().is_not_found());
    assert_eq!(gate.names(), ["bad", "good"]);
}

/// Accepts a signature for the root it is attached to.
struct Signed;

#[async_trait]
impl Verifier for Signed {
    async fn verify(&self, subject: &Subject<'_>) -> Result<()> {
        let mut referrers = subject.source.list_referrers(subject.root, None).await?;
        match referrers.try_next().await? {
            Some(_) => Ok(()),
            None => Err(Error::refused(subject.root, "nobody signed it")),
        }
    }
}

#[tokio::test]
async fn signatures_are_read_from_the_source() {
    let source = MemoryStore::new();
    let root = artifact(&source, &["a"]).await;
    let options = CopyOptions::default().with_verifier(Arc::new(Signed));
    let to = MemoryStore::new();
    is_refusal(&copy_graph(&source, &to, &root, &options).await.unwrap_err());
    referrer(&source, &root, "signature").await;
    copy_graph(&source, &to, &root, &options).await.unwrap();
    assert!(to.exists(&root).await.unwrap());
}
