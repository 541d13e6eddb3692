//! A thousand tasks at once: nothing is lost, and nothing comes back.

use std::collections::BTreeSet;

use futures_util::TryStreamExt;
use oras_content::{
    Descriptor, MediaType, PushOptions, Store, StoreExt, Tag, TagListOptions, Verified, Writer, WriterExt,
};
use oras_memory::{MemoryOptions, MemoryStore};

const TASKS: usize = 1000;

/// What all tasks push, and every manifest has as its layer.
const SHARED: &[u8] = b"shared";

fn manifest(number: usize) -> Verified {
    let layer = Descriptor::of(MediaType::OCTET_STREAM, SHARED);
    let document = serde_json::json!({
        "schemaVersion": 2,
        "mediaType": MediaType::OCI_MANIFEST,
        "config": Descriptor::empty_json(),
        "layers": [layer],
        "annotations": { "number": number.to_string() },
    });
    Verified::of(MediaType::OCI_MANIFEST, document.to_string())
}

fn tag(number: usize) -> Tag {
    format!("v{number:04}").parse().unwrap()
}

/// One in three is deleted, one in three loses its tag.
fn is_deleted(number: usize) -> bool {
    number % 3 == 1
}

fn is_untagged(number: usize) -> bool {
    number % 3 == 2
}

async fn tags(store: &MemoryStore) -> Vec<String> {
    let lister = store.as_tag_lister().unwrap();
    lister
        .tags(TagListOptions::default())
        .try_collect()
        .await
        .unwrap()
}

async fn contents(store: &MemoryStore) -> BTreeSet<String> {
    let listed = store.as_content_lister().unwrap().contents();
    let listed: Vec<Descriptor> = listed.try_collect().await.unwrap();
    listed.iter().map(|content| content.digest.to_string()).collect()
}

async fn task(store: MemoryStore, number: usize) {
    store.push_bytes(MediaType::OCTET_STREAM, SHARED).await.unwrap();
    let manifest = manifest(number);
    let target = manifest.descriptor().clone();
    let tagged = PushOptions::default().with_tag(tag(number));
    store.push_opts(&target, manifest.into(), tagged).await.unwrap();
    tokio::task::yield_now().await;
    assert!(tags(&store).await.contains(&tag(number).to_string()));
    assert_eq!(store.resolve(tag(number)).await.unwrap(), target);
    if is_deleted(number) {
        store.as_deleter().unwrap().delete(&target).await.unwrap();
        assert!(!store.exists(&target).await.unwrap());
    }
    if is_untagged(number) {
        store.as_untagger().unwrap().untag(&tag(number)).await.unwrap();
        assert!(contents(&store).await.contains(target.digest.as_str()));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_tasks_lose_nothing() {
    let kept = (0..TASKS).filter(|number| !is_deleted(*number)).map(manifest);
    let kept: Vec<Verified> = kept.collect();
    let size: usize = kept.iter().map(|manifest| manifest.bytes().len()).sum();
    let store = MemoryStore::with_options(MemoryOptions::default().with_limit(1 << 20));

    let tasks: Vec<_> = (0..TASKS)
        .map(|number| tokio::spawn(task(store.clone(), number)))
        .collect();
    for task in tasks {
        task.await.unwrap();
    }

    let tagged = (0..TASKS).filter(|number| !is_deleted(*number) && !is_untagged(*number));
    let tagged: Vec<String> = tagged.map(|number| tag(number).to_string()).collect();
    assert_eq!(tags(&store).await, tagged);
    let shared = Descriptor::of(MediaType::OCTET_STREAM, SHARED);
    let mut expected: BTreeSet<String> = kept
        .iter()
        .map(|manifest| manifest.descriptor().digest.to_string())
        .collect();
    let finder = store.as_predecessor_finder().unwrap();
    let found = finder.predecessors(&shared).await.unwrap();
    let found: BTreeSet<String> = found.iter().map(|found| found.digest.to_string()).collect();
    assert_eq!(found, expected);
    expected.insert(shared.digest.to_string());
    assert_eq!(contents(&store).await, expected);

    // The room that is left is what the rest does not take.
    let left = (1 << 20) - size - SHARED.len();
    store
        .push_bytes(MediaType::OCTET_STREAM, vec![1; left + 1])
        .await
        .unwrap_err();
    store
        .push_bytes(MediaType::OCTET_STREAM, vec![1; left])
        .await
        .unwrap();
}
