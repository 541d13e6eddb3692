//! Plans: what a copy would do, without doing it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use oras_content::{Descriptor, Digest, MediaType, Result, Store, StoreExt, WriterExt};
use oras_copy::{
    Action, Choice, CopyOptions, Event, ExtendedCopyOptions, Plan, Recheck, Selection, Side, copy, plan,
    plan_extended,
};
use oras_memory::MemoryStore;

use crate::graph::{artifact, referrer};
use crate::recorder::{Call, Recorder};

fn actions(plan: &Plan<'_>) -> Vec<(Digest, Action)> {
    let steps = plan.steps().iter();
    steps
        .map(|step| (step.node.digest.clone(), step.action))
        .collect()
}

async fn source() -> (MemoryStore, Descriptor) {
    let store = MemoryStore::new();
    let root = artifact(&store, &["first", "second"]).await;
    store.tag(&root, "v1").await.unwrap();
    (store, root)
}

#[tokio::test]
async fn a_plan_tells_all_and_writes_nothing() {
    let (source, root) = source().await;
    let to = Recorder::default();
    let finished = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&finished);
    let options = CopyOptions::default().with_events(Arc::new(move |event: Event<'_>| {
        seen.fetch_add(
            usize::from(matches!(event, Event::Finished { .. })),
            Ordering::SeqCst,
        );
    }));
    let there = to
        .store
        .push_bytes("text/plain".parse().unwrap(), "first")
        .await
        .unwrap();
    let planned = plan(&source, "v1", &to, "v2", &options).await.unwrap();
    let found = actions(&planned);
    assert!(found.contains(&(there.digest.clone(), Action::Keep)));
    assert!(found.contains(&(Digest::sha256(b"second"), Action::Push)));
    assert_eq!(found.last(), Some(&(root.digest.clone(), Action::Push)));
    assert_eq!(planned.root(), &root);
    let manifest = source.fetch_manifest(&root, root.size).await.unwrap();
    let children: u64 = manifest.successors().map(|node| node.size).sum();
    assert_eq!(planned.bytes(), children - there.size + root.size);
    assert_eq!(planned.requests(), 2 + 2 + 1);
    let wrote = |call: &Call| !matches!(call, Call::Exists(_));
    assert_eq!(to.count(wrote), 0);
    assert_eq!(finished.load(Ordering::SeqCst), 0);

    assert_eq!(planned.run().await.unwrap(), root);
    assert_eq!(to.store.resolve("v2").await.unwrap().digest, root.digest);
}

#[tokio::test]
async fn what_is_there_is_kept_and_only_named() {
    let (source, root) = source().await;
    let (to, options) = (MemoryStore::new(), CopyOptions::default());
    copy(&source, "v1", &to, "v1", &options).await.unwrap();
    let planned = plan(&source, "v1", &to, "v2", &options).await.unwrap();
    assert_eq!(actions(&planned), [(root.digest.clone(), Action::Keep)]);
    assert_eq!((planned.bytes(), planned.requests()), (0, 1));
    assert!(to.resolve("v2").await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn mounts_and_what_is_left_out_are_told() {
    struct Without(Digest);
    #[async_trait]
    impl Selection for Without {
        async fn choose(&self, node: &Descriptor) -> Result<Choice> {
            Ok(match node.digest == self.0 {
                true => Choice::Skip,
                false => Choice::Copy,
            })
        }
    }
    let (source, root) = source().await;
    let repository = |name: &str| Some(("reg.example".to_owned(), name.to_owned()));
    let from = Recorder {
        location: repository("from"),
        ..Recorder::over(&source)
    };
    let to = Recorder {
        location: repository("to"),
        ..Recorder::default()
    };
    let skipped = Digest::sha256(b"second");
    let options = CopyOptions::default().with_selection(Arc::new(Without(skipped.clone())));
    let planned = plan(&from, "v1", &to, "", &options).await.unwrap();
    let found = actions(&planned);
    assert!(
        found.contains(&(Digest::sha256(b"first"), Action::Mount)),
        "{found:?}"
    );
    assert!(found.contains(&(skipped, Action::Skip)), "{found:?}");
    assert_eq!(planned.requests(), 1 + 1 + 1);
    assert_eq!(
        to.count(|call| matches!(call, Call::Mount(..) | Call::Push(_))),
        0
    );
    assert!(!to.store.exists(&root).await.unwrap());
}

#[tokio::test]
async fn a_plan_that_verifies_tells_what_it_would_replace() {
    let (source, root) = source().await;
    let to = Recorder::default();
    let options = CopyOptions::default().with_recheck(Recheck::Verify);
    copy(&source, "v1", &to, "v1", &options).await.unwrap();
    let damaged = Digest::sha256(b"first");
    to.damaged.lock().unwrap().insert(damaged.clone());

    let planned = plan(&source, "v1", &to, "v1", &options).await.unwrap();

    let found = actions(&planned);
    assert!(found.contains(&(damaged, Action::Push)));
    assert!(found.contains(&(Digest::sha256(b"second"), Action::Keep)));
    assert!(found.contains(&(root.digest, Action::Keep)));
}

#[tokio::test]
async fn claimed_sizes_do_not_overflow() {
    let source = MemoryStore::new();
    let layer = |text: &str| {
        format!(
            r#"{{"mediaType":"text/plain","digest":"{}","size":9223372036854775807}}"#,
            Digest::sha256(text.as_bytes())
        )
    };
    let document = format!(
        r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{},"layers":[{},{}]}}"#,
        layer("a"),
        layer("b"),
        layer("c")
    );
    let root = source
        .push_bytes(MediaType::OCI_MANIFEST, document)
        .await
        .unwrap();
    source.tag(&root, "v1").await.unwrap();
    let (to, options) = (MemoryStore::new(), CopyOptions::default());
    let planned = plan(&source, "v1", &to, "v1", &options).await.unwrap();
    assert_eq!(planned.bytes(), u64::MAX);
}

#[tokio::test]
async fn a_plan_with_referrers_tells_them_and_copies_them() {
    let (source, root) = source().await;
    let referrer = referrer(&source, &root, "text/sbom").await;
    let (to, options) = (MemoryStore::new(), ExtendedCopyOptions::default());
    let planned = plan_extended(&source, "v1", &to, "v2", &options).await.unwrap();
    assert!(actions(&planned).contains(&(referrer.digest.clone(), Action::Push)));
    assert_eq!(planned.root(), &root);
    assert!(to.resolve("v2").await.unwrap_err().is_not_found());
    assert_eq!(planned.run().await.unwrap(), root);
    assert!(to.exists(&referrer).await.unwrap());
    assert_eq!(to.resolve("v2").await.unwrap().digest, root.digest);
}

#[tokio::test]
async fn a_plan_of_what_is_not_there_names_both_sides() {
    let (source, to) = (MemoryStore::new(), MemoryStore::new());
    let options = ExtendedCopyOptions::default();
    let error = plan_extended(&source, "v1", &to, "v2", &options)
        .await
        .unwrap_err();
    assert!(error.source.is_not_found(), "{error}");
    assert_eq!(error.side, Side::Source);
}
