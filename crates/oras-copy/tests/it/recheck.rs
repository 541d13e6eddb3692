//! Rechecking the content the destination claims to have.

use std::sync::{Arc, Mutex};

use oras_content::{Deleter, Descriptor, Digest, Store, StoreExt, WriterExt};
use oras_copy::{CopyOptions, Event, Events, Outcome, Recheck, copy, copy_graph};
use oras_memory::MemoryStore;

use crate::graph::artifact;
use crate::recorder::{Call, Recorder};

/// The outcome of each node.
#[derive(Default)]
struct Outcomes(Mutex<Vec<(Digest, Outcome)>>);

impl Events for Outcomes {
    fn on_event(&self, event: Event<'_>) {
        if let Event::Finished { node, outcome, .. } = event {
            self.0.lock().unwrap().push((node.digest.clone(), outcome));
        }
    }
}

impl Outcomes {
    fn of(&self, digest: &Digest) -> Vec<Outcome> {
        let all = self.0.lock().unwrap();
        let of_digest = all.iter().filter(|(node, _)| node == digest);
        of_digest.map(|(_, outcome)| *outcome).collect()
    }
}

/// Creates a source with the tag `v1`, and a destination that has everything.
async fn copied() -> (MemoryStore, Recorder, Descriptor) {
    let source = MemoryStore::new();
    let root = artifact(&source, &["one", "two"]).await;
    source.tag(&root, "v1").await.unwrap();
    let to = Recorder::default();
    copy(&source, "v1", &to, "v1", &CopyOptions::default())
        .await
        .unwrap();
    to.calls.lock().unwrap().clear();
    (source, to, root)
}

async fn again(source: &MemoryStore, to: &Recorder, recheck: Recheck) -> Arc<Outcomes> {
    let outcomes = Arc::new(Outcomes::default());
    let events: Arc<dyn Events> = Arc::<Outcomes>::clone(&outcomes);
    let options = CopyOptions::default().with_recheck(recheck).with_events(events);
    copy(source, "v1", to, "v1", &options).await.unwrap();
    outcomes
}

#[tokio::test]
async fn trust_believes_that_a_manifest_has_its_children() {
    let (source, to, root) = copied().await;
    let one = Digest::sha256(b"one");
    let lost = Descriptor::of("text/plain".parse().unwrap(), b"one");
    to.store.delete(&lost).await.unwrap();
    let outcomes = again(&source, &to, Recheck::Trust).await;
    assert_eq!(outcomes.of(&root.digest), [Outcome::Present]);
    assert_eq!(to.count(|call| *call == Call::Push(one.clone())), 0);
}

#[tokio::test]
async fn verify_brings_back_what_is_lost_and_leaves_the_rest() {
    let (source, to, root) = copied().await;
    let lost = Descriptor::of("text/plain".parse().unwrap(), b"one");
    to.store.delete(&lost).await.unwrap();
    let outcomes = again(&source, &to, Recheck::Verify).await;
    assert_eq!(outcomes.of(&lost.digest), [Outcome::Copied]);
    assert_eq!(outcomes.of(&Digest::sha256(b"two")), [Outcome::Present]);
    assert_eq!(outcomes.of(&root.digest), [Outcome::Present]);
    assert!(to.store.exists(&lost).await.unwrap());
    assert_eq!(to.count(|call| *call == Call::Push(lost.digest.clone())), 1);
    assert_eq!(to.count(|call| *call == Call::Push(Digest::sha256(b"two"))), 0);
}

#[tokio::test]
async fn verify_replaces_what_is_damaged() {
    let (source, to, _) = copied().await;
    let damaged = Descriptor::of("text/plain".parse().unwrap(), b"two");
    to.damaged.lock().unwrap().insert(damaged.digest.clone());
    assert!(to.fetch_all(&damaged, 3).await.is_err());
    let outcomes = again(&source, &to, Recheck::Verify).await;
    assert_eq!(outcomes.of(&damaged.digest), [Outcome::Copied]);
    assert!(to.fetch_all(&damaged, 3).await.is_ok());
}

#[tokio::test]
async fn verify_replaces_a_damaged_manifest() {
    let (source, to, root) = copied().await;
    to.damaged.lock().unwrap().insert(root.digest.clone());
    let outcomes = again(&source, &to, Recheck::Verify).await;
    assert_eq!(outcomes.of(&root.digest), [Outcome::Copied]);
    assert!(to.fetch_all(&root, 4096).await.is_ok());
}

#[tokio::test]
async fn force_pushes_everything_and_asks_for_nothing() {
    let (source, to, _) = copied().await;
    again(&source, &to, Recheck::Force).await;
    assert_eq!(to.count(|call| matches!(call, Call::Push(_))), 4);
    assert_eq!(to.count(|call| matches!(call, Call::Exists(_))), 0);
}

#[tokio::test]
async fn force_does_not_mount() {
    let (source, _, root) = copied().await;
    let mut from = Recorder::over(&source);
    from.location = Some(("reg.example".into(), "from".into()));
    let to = Recorder {
        location: Some(("reg.example".into(), "to".into())),
        mountable: Some(source.clone()),
        ..Recorder::default()
    };
    let options = CopyOptions::default().with_recheck(Recheck::Force);
    copy_graph(&from, &to, &root, &options).await.unwrap();
    assert_eq!(to.count(|call| matches!(call, Call::Mount(..))), 0);
    assert!(to.store.exists(&root).await.unwrap());
}

#[tokio::test]
async fn verify_replaces_what_has_another_length() {
    let (source, to, root) = copied().await;
    let blob = Descriptor::of("text/plain".parse().unwrap(), b"two");
    for digest in [&blob.digest, &root.digest] {
        to.truncated.lock().unwrap().insert(digest.clone());
    }
    let outcomes = again(&source, &to, Recheck::Verify).await;
    assert_eq!(outcomes.of(&blob.digest), [Outcome::Copied]);
    assert_eq!(outcomes.of(&root.digest), [Outcome::Copied]);
    assert!(to.truncated.lock().unwrap().is_empty());
}
