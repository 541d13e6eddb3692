//! Bodies: when they are opened, and how often.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::TryStreamExt;
use oras_content::{
    Content, Descriptor, Error, ErrorKind, MediaType, Name, OpenOptions, Opened, Payload, Reopen,
    ResolveOptions, Resolved, Result, Store, StoreExt, Verified,
};
use tokio::io::AsyncReadExt;

async fn read(content: Content) -> Vec<u8> {
    content.try_collect::<Vec<Bytes>>().await.unwrap().concat()
}

/// A body and a store of one content, which count how often they are opened.
#[derive(Default)]
struct Counted(AtomicUsize);

#[async_trait]
impl Reopen for Counted {
    async fn open(&self, opts: OpenOptions) -> Result<Opened> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(Opened::of_bytes(&Bytes::from_static(b"0123456789"), opts))
    }
}

impl std::fmt::Display for Counted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the counted store")
    }
}

#[async_trait]
impl Store for Counted {
    async fn open(&self, _target: &Descriptor, opts: OpenOptions) -> Result<Opened> {
        Reopen::open(self, opts).await
    }

    async fn resolve_opts(&self, name: &Name, _opts: ResolveOptions) -> Result<Resolved> {
        Err(Error::not_found(name))
    }
}

#[tokio::test]
async fn bytes_are_read_from_anywhere_and_again() {
    let sources = [
        Payload::from(Bytes::from("0123456789")),
        Payload::from(Verified::of(MediaType::OCTET_STREAM, "0123456789")),
        Payload::reopen(Arc::new(Counted::default()), Some(10)),
    ];
    for source in sources {
        assert_eq!(
            (source.len(), source.is_empty(), source.is_replayable()),
            (Some(10), false, true)
        );
        for offset in [0, 7, 10, 0] {
            let content = source.open(offset..).await.unwrap();
            assert_eq!(content.len(), Some(10 - offset));
            assert_eq!(read(content).await, &b"0123456789"[offset as usize..]);
        }
    }
    assert!(Payload::from(Bytes::new()).is_empty());
    let beyond = Payload::from(Bytes::from("x")).open(u64::MAX..).await.unwrap();
    assert!(beyond.is_empty());
}

#[tokio::test]
async fn a_source_is_opened_only_when_it_is_read() {
    let counted = Arc::new(Counted::default());
    let source = Payload::reopen(Arc::<Counted>::clone(&counted), None);
    let copy = source.clone();
    assert_eq!((counted.0.load(Ordering::SeqCst), source.len()), (0, None));
    copy.open(3..).await.unwrap();
    source.open(..).await.unwrap();
    assert_eq!(counted.0.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn content_of_another_store_is_fetched_by_range() {
    let counted = Arc::new(Counted::default());
    let target = Descriptor::of(MediaType::OCTET_STREAM, b"0123456789");
    let source = Payload::from_store(Arc::<Counted>::clone(&counted), target);
    assert!(source.is_replayable());
    assert_eq!((source.len(), counted.0.load(Ordering::SeqCst)), (Some(10), 0));
    assert_eq!(read(source.open(..).await.unwrap()).await, b"0123456789");
    assert_eq!(read(source.open(8..).await.unwrap()).await, b"89");
    assert_eq!(read(source.open(2..5).await.unwrap()).await, b"234");
}

#[tokio::test]
async fn a_stream_is_read_once_and_from_its_start() {
    let stream = || Payload::once(Content::from(Bytes::from("hello")));
    let source = stream();
    assert!(!source.is_replayable());
    assert_eq!(source.len(), Some(5));
    let copy = source.clone();
    assert_eq!(read(source.open(..).await.unwrap()).await, b"hello");
    for again in [source, copy] {
        assert!(is_payload_unsupported(again.open(..).await));
    }
    assert!(is_payload_unsupported(stream().open(1..).await));
}

fn is_payload_unsupported(opened: oras_content::Result<Content>) -> bool {
    let error = opened.map(drop).expect_err("a second opening");
    *error.kind() == ErrorKind::Payload && *error.inner().unwrap().kind() == ErrorKind::Unsupported
}

#[tokio::test]
async fn an_error_of_reading_is_told_from_one_of_the_store() {
    let frames = [Ok(Bytes::from("hel")), Err(Error::not_found("the rest"))];
    let source = Payload::once(Content::new(futures_util::stream::iter(frames), None));
    let mut content = source.open(..).await.unwrap();
    assert_eq!(content.next().await.unwrap().unwrap(), "hel");
    let error = content.next().await.unwrap().unwrap_err();
    assert!(!error.is_not_found() && error.subject().unwrap().as_str() == "the rest");
    assert_eq!(error.kind(), &ErrorKind::Payload);
    assert!(error.inner().unwrap().is_not_found());
}

#[tokio::test]
async fn a_refused_offset_does_not_use_a_stream_up() {
    let source = Payload::once(Content::from(Bytes::from("hello")));
    assert!(source.open(1..).await.is_err());
    assert_eq!(read(source.open(..).await.unwrap()).await, b"hello");
}

#[tokio::test]
async fn only_verified_content_says_so() {
    let verified = Verified::of(MediaType::OCTET_STREAM, "hello");
    assert_eq!(Payload::from(verified.clone()).as_verified(), Some(&verified));
    assert!(Payload::from(Bytes::from("hello")).as_verified().is_none());
}

#[tokio::test]
async fn content_can_be_read_as_a_reader() {
    let frames = futures_util::stream::iter([Ok(Bytes::from("hel")), Ok(Bytes::from("lo"))]);
    let mut text = String::new();
    Content::new(frames, None)
        .into_async_read()
        .read_to_string(&mut text)
        .await
        .unwrap();
    assert_eq!(text, "hello");
    let frames = futures_util::stream::iter([Ok(Bytes::from("hel")), Err(Error::unsupported("reading on"))]);
    let error = Content::new(frames, None)
        .into_async_read()
        .read_to_string(&mut text)
        .await
        .unwrap_err();
    assert!(error.to_string().contains("reading on"), "{error}");
}

#[tokio::test]
async fn a_limit_is_checked_before_anything_is_fetched() {
    let counted = Counted::default();
    let target = Descriptor::of(MediaType::OCTET_STREAM, b"0123456789");
    let error = counted.fetch_all(&target, 9).await.unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::SizeExceedsLimit { limit: 9 }),
        "{error:?}"
    );
    assert_eq!(counted.0.load(Ordering::SeqCst), 0);
    assert_eq!(
        counted.fetch_all(&target, 10).await.unwrap().bytes(),
        "0123456789"
    );
    let forwarded: Arc<dyn Store> = Arc::new(counted);
    assert_eq!(
        read(forwarded.fetch(&target).await.unwrap().into()).await,
        b"0123456789"
    );
}

/// Serves the same bytes whatever is asked for, and says so.
struct Stubborn;

#[async_trait]
impl Reopen for Stubborn {
    async fn open(&self, _opts: OpenOptions) -> Result<Opened> {
        Ok(Opened::new(Bytes::from_static(b"0123456789").into(), 0..10))
    }
}

#[tokio::test]
async fn other_bytes_than_were_asked_for_are_an_error() {
    for len in [None, Some(10)] {
        let payload = Payload::reopen(Arc::new(Stubborn), len);
        let error = payload.open(4..6).await.unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Payload, "{error}");
        assert!(payload.open(4..).await.is_err());
        assert_eq!(read(payload.open(..).await.unwrap()).await, b"0123456789");
    }
}

#[tokio::test]
async fn a_stream_of_unknown_length_is_what_was_asked_for() {
    let stream = || {
        let frames = [
            Bytes::new(),
            Bytes::from_static(b"01"),
            Bytes::new(),
            Bytes::from_static(b"23456789"),
        ];
        let frames = futures_util::stream::iter(frames.map(Ok));
        Payload::from(Content::new(frames, None))
    };
    let target = Descriptor::of(MediaType::OCTET_STREAM, b"0123456789");
    let opened = stream().open_opts(OpenOptions::default()).await.unwrap();
    assert!(opened.check(&target, (..).into()).is_ok());
    assert_eq!(read(stream().open(..4).await.unwrap()).await, b"0123");
    assert_eq!(read(stream().open(0..=1).await.unwrap()).await, b"01");
}

#[tokio::test]
async fn every_observer_hears_of_every_byte() {
    let (first, second) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let into = |count: &Arc<AtomicUsize>| {
        let count = Arc::clone(count);
        move |reached| count.store(reached as usize, Ordering::SeqCst)
    };
    let payload = Payload::from_bytes("0123456789")
        .observed(into(&first))
        .observed(into(&second));
    read(payload.open(..).await.unwrap()).await;
    assert_eq!(
        (first.load(Ordering::SeqCst), second.load(Ordering::SeqCst)),
        (10, 10)
    );
}

#[tokio::test]
async fn what_was_read_in_part_is_never_taken_for_verified() {
    let hello = Descriptor::of(MediaType::OCTET_STREAM, b"hello");
    let mut wrong = Content::from(Bytes::from_static(b"jello"))
        .verified(&hello)
        .unwrap();
    while wrong.try_next().await.is_ok_and(|frame| frame.is_some()) {}
    assert!(wrong.read_all().await.is_err());

    let mut right = Content::from(Bytes::from_static(b"hello"))
        .verified(&hello)
        .unwrap();
    right.try_next().await.unwrap();
    assert_eq!(
        *right.read_all().await.unwrap_err().kind(),
        ErrorKind::Unsupported
    );
}
