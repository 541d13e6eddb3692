//! Limits: what is too large is refused, and all else is as in the store behind.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use oras_conformance::Suite;
use oras_content::{
    Content, Descriptor, Error, ErrorKind, Limited, MediaType, Name, Offered, OpenOptions, OpenUpload,
    Opened, Payload, PushOptions, Pushed, ResolveOptions, Resolved, Result, StageOptions, Store, StoreExt,
    Tag, Verified, Writer, WriterExt,
};
use oras_memory::MemoryStore;

const TYPE: MediaType = MediaType::OCTET_STREAM;
const LIMIT: ErrorKind = ErrorKind::SizeExceedsLimit { limit: 5 };

/// A payload that fails another way when it is opened.
fn unreadable() -> Payload {
    let failed = futures_util::stream::iter([Err(Error::denied("the payload"))]);
    Payload::once(Content::new(failed, None))
}

#[tokio::test]
async fn it_keeps_the_promises_of_the_store_that_it_wraps() {
    Suite::new(|| async { Limited::new(MemoryStore::new(), 64 << 20) })
        .with_ranges()
        .with_manifests()
        .with_names()
        .with_untag()
        .with_tag_list()
        .with_delete()
        .with_predecessors()
        .with_predecessors_deleted()
        .with_staged_ranges()
        .with_content_list()
        .run()
        .await;
}

#[tokio::test]
async fn large_content_is_refused_before_its_payload_is_opened() {
    let store = Limited::new(MemoryStore::new(), 5);
    let hello = Descriptor::of(TYPE, b"hello!");
    let refused = store.push(&hello, unreadable()).await.unwrap_err();
    assert_eq!(*refused.kind(), LIMIT);
    let refused = store.offer(&hello, &PushOptions::default()).await.unwrap_err();
    assert_eq!(*refused.kind(), LIMIT);
    assert!(!store.exists(&hello).await.unwrap());

    let five = Descriptor::of(TYPE, b"hello");
    assert_eq!(store.push(&five, "hello").await.unwrap(), Pushed::Stored);
}

#[tokio::test]
async fn large_content_that_is_there_is_read_and_tagged_but_not_replaced() {
    let memory = MemoryStore::new();
    let hello = memory.push_bytes(TYPE, "hello!").await.unwrap();
    let store = Limited::new(memory, 5);
    assert_eq!(store.fetch_all(&hello, 100).await.unwrap().bytes(), "hello!");

    let tagged = PushOptions::default().with_tag("v1".parse::<Tag>().unwrap());
    let pushed = store.push_opts(&hello, unreadable(), tagged.clone()).await;
    assert_eq!(pushed.unwrap(), Pushed::Present);
    assert_eq!(store.resolve("v1").await.unwrap(), hello);
    let offered = store.offer(&hello, &tagged).await.unwrap();
    assert!(matches!(offered, Offered::Present));

    let forced = tagged.with_force(true);
    let refused = store.push_opts(&hello, unreadable(), forced).await.unwrap_err();
    assert_eq!(*refused.kind(), LIMIT);
}

#[tokio::test]
async fn staged_content_grows_no_larger() {
    let store = Limited::new(MemoryStore::new(), 5);
    let stage = || store.stager().unwrap().stage(StageOptions::default());

    let mut staged = stage().await.unwrap();
    staged.append("hell".into()).await.unwrap();
    let refused = staged.append("o!".into()).await.unwrap_err();
    assert_eq!(*refused.kind(), LIMIT);

    let mut staged = stage().await.unwrap();
    let refused = staged.write_at(4, "o!".into()).await.unwrap_err();
    assert_eq!(*refused.kind(), LIMIT);
    let refused = staged.write_at(u64::MAX, "o!".into()).await.unwrap_err();
    assert_eq!(*refused.kind(), LIMIT);
    staged.write_at(0, "hello".into()).await.unwrap();
    let hello = Descriptor::of(TYPE, b"hello");
    let incomplete = staged.commit(&hello).await.unwrap_err();
    assert_eq!(*incomplete.kind(), LIMIT);

    let mut staged = stage().await.unwrap();
    staged.write_at(0, "hello".into()).await.unwrap();
    assert_eq!(staged.commit(&hello).await.unwrap(), Pushed::Stored);
}

/// A store that opens an upload for all content, and counts those that are ended.
#[derive(Clone, Default)]
struct Uploads(Arc<AtomicUsize>);

impl std::fmt::Display for Uploads {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("uploads")
    }
}

#[async_trait::async_trait]
impl Store for Uploads {
    async fn open(&self, target: &Descriptor, _: OpenOptions) -> Result<Opened> {
        Err(Error::not_found(target))
    }

    async fn resolve_opts(&self, name: &Name, _: ResolveOptions) -> Result<Resolved> {
        Err(Error::not_found(name))
    }

    fn writer(&self) -> Option<&dyn Writer> {
        Some(self)
    }
}

#[async_trait::async_trait]
impl Writer for Uploads {
    async fn push_opts(&self, _: &Descriptor, _: Payload, _: PushOptions) -> Result<Pushed> {
        Ok(Pushed::Stored)
    }

    async fn set_tag(&self, _: &Descriptor, _: &Tag) -> Result<()> {
        Ok(())
    }

    async fn offer(&self, _: &Descriptor, _: &PushOptions) -> Result<Offered> {
        Ok(Offered::Wanted(Some(OpenUpload::new(self.clone()))))
    }

    async fn abandon(&self, upload: OpenUpload) {
        let upload: &Self = upload.get().expect("offers open no other uploads");
        upload.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[tokio::test]
async fn an_upload_that_is_abandoned_is_ended_by_the_store_behind() {
    let uploads = Uploads::default();
    let store = Limited::new(uploads.clone(), 5);
    let hello = Descriptor::of(TYPE, b"hello");
    let offered = store.offer(&hello, &PushOptions::default()).await.unwrap();
    let Offered::Wanted(Some(upload)) = offered else {
        panic!("no upload in {offered:?}");
    };
    store.abandon(upload).await;
    assert_eq!(uploads.0.load(Ordering::Relaxed), 1);
}

/// A store with the methods that every store has.
struct ReadOnly(Verified);

impl std::fmt::Display for ReadOnly {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("one piece of content")
    }
}

#[async_trait::async_trait]
impl Store for ReadOnly {
    async fn open(&self, _: &Descriptor, opts: OpenOptions) -> Result<Opened> {
        Ok(Opened::of_bytes(self.0.bytes(), opts))
    }

    async fn resolve_opts(&self, _: &Name, _: ResolveOptions) -> Result<Resolved> {
        Ok(self.0.descriptor().clone().into())
    }
}

#[tokio::test]
async fn a_read_only_store_stays_one() {
    let hello = Verified::of(TYPE, Bytes::from_static(b"hello"));
    let store = Limited::new(ReadOnly(hello.clone()), 5);
    assert_eq!(store.to_string(), "one piece of content");
    assert!(store.writer().is_none() && store.stager().is_none() && store.deleter().is_none());
    let refused = store.push(hello.descriptor(), "hello").await.unwrap_err();
    assert_eq!(*refused.kind(), ErrorKind::Unsupported);
}
