//! The limit: how much content a store holds.

use oras_content::{
    Descriptor, ErrorKind, MediaType, Payload, PushOptions, Pushed, StageOptions, Staged, Store, StoreExt,
    Writer, WriterExt,
};
use oras_memory::{MemoryOptions, MemoryStore};

const TYPE: MediaType = MediaType::OCTET_STREAM;
const LIMIT: ErrorKind = ErrorKind::SizeExceedsLimit { limit: 10 };

fn store() -> MemoryStore {
    MemoryStore::with_options(MemoryOptions::default().with_limit(10))
}

async fn stage(store: &MemoryStore) -> Box<dyn Staged> {
    let stager = store.stager().unwrap();
    stager.stage(StageOptions::default()).await.unwrap()
}

/// How many bytes more the store takes: found by pushes that are too large.
async fn room(store: &MemoryStore) -> usize {
    for len in (0..=10).rev() {
        let content = Descriptor::of(TYPE, &vec![0xff; len]);
        if store.push(&content, vec![0xff; len]).await.is_ok() {
            store.deleter().unwrap().delete(&content).await.unwrap();
            return len;
        }
    }
    panic!("not even nothing is taken");
}

#[tokio::test]
async fn a_push_over_the_limit_leaves_nothing() {
    let store = store();
    store.push_bytes(TYPE, "hello").await.unwrap();
    let six = Descriptor::of(TYPE, b"world!");
    let refused = store.push(&six, "world!").await.unwrap_err();
    assert_eq!(*refused.kind(), LIMIT);
    assert!(!store.exists(&six).await.unwrap());
    assert_eq!(store.push_bytes(TYPE, "world").await.unwrap().size, 5);
    assert_eq!(room(&store).await, 0);
}

#[tokio::test]
async fn content_that_is_there_needs_no_room() {
    let store = store();
    let all = store.push_bytes(TYPE, "0123456789").await.unwrap();
    assert_eq!(store.push(&all, "0123456789").await.unwrap(), Pushed::Present);
}

#[tokio::test]
async fn a_size_is_refused_before_the_payload_is_opened() {
    let opened = Payload::from_bytes("x").observed(|_| panic!("the payload was opened"));
    let mut claimed = Descriptor::of(TYPE, b"x");
    for size in [11, u64::MAX] {
        claimed.size = size;
        let refused = store().push(&claimed, opened.clone()).await.unwrap_err();
        assert_eq!(*refused.kind(), LIMIT);
    }
}

#[tokio::test]
async fn room_is_given_back() {
    let store = store();
    let hello = store.push_bytes(TYPE, "hello").await.unwrap();
    store
        .push(&Descriptor::of(TYPE, b"hullo"), "hallo")
        .await
        .unwrap_err();
    assert_eq!(room(&store).await, 5);

    let forced = PushOptions::default().with_force(true);
    store.push_opts(&hello, "hello".into(), forced).await.unwrap();
    assert_eq!(room(&store).await, 5);

    store.deleter().unwrap().delete(&hello).await.unwrap();
    assert_eq!(room(&store).await, 10);
}

#[tokio::test]
async fn staged_content_counts_while_it_is_under_way() {
    let store = store();
    let mut staged = stage(&store).await;
    staged.append("hello".into()).await.unwrap();
    assert_eq!(room(&store).await, 5);
    assert_eq!(*staged.append("world!".into()).await.unwrap_err().kind(), LIMIT);
    drop(staged);
    assert_eq!(room(&store).await, 10);

    let mut staged = stage(&store).await;
    for part in ["hullo", "hello"] {
        staged.write_at(0, part.into()).await.unwrap();
    }
    assert_eq!(room(&store).await, 0);
    let hello = Descriptor::of(TYPE, b"hello");
    staged.commit(&hello).await.unwrap();
    assert_eq!(room(&store).await, 5);
    assert_eq!(store.fetch_all(&hello, 10).await.unwrap().bytes(), "hello");
}
