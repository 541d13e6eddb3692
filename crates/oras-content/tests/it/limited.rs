//! Limits: what is too large is refused, and all else is as in the store behind.

use bytes::Bytes;
use oras_conformance::Suite;
use oras_content::{
    Content, Descriptor, Error, ErrorKind, Limited, MediaType, Offered, Payload, PushOptions, Pushed,
    StageOptions, Store, StoreExt, Tag, Verified, Writer, WriterExt,
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
    assert_eq!(staged.commit(&hello).await.unwrap(), Pushed::Stored);
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
    async fn open(
        &self,
        _: &Descriptor,
        opts: oras_content::OpenOptions,
    ) -> oras_content::Result<oras_content::Opened> {
        Ok(oras_content::Opened::of_bytes(self.0.bytes(), opts))
    }

    async fn resolve_opts(
        &self,
        _: &oras_content::Name,
        _: oras_content::ResolveOptions,
    ) -> oras_content::Result<oras_content::Resolved> {
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
