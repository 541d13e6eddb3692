//! Collections concurrent with pushes, and with each other.

use std::fs;
use std::task::Poll;

use oras_content::{Descriptor, ErrorKind, ImageManifest, MediaType, Store, WriterExt};
use oras_layout::{GcOptions, LayoutStore};

use crate::gc::{assert_whole, at_once};
use crate::relied::{age, path};
use crate::{files, index, push, push_manifest};

/// Pushes an artifact and tags it. Fails if a collection removed part of it meanwhile.
async fn push_tagged(store: &LayoutStore, text: &str, tag: &str) -> oras_content::Result<Descriptor> {
    let layer = store.push_bytes(MediaType::OCTET_STREAM, text.to_owned()).await?;
    store.push_bytes(MediaType::OCI_EMPTY, "{}").await?;
    let mut manifest = ImageManifest::new(Descriptor::empty_json());
    manifest.layers.push(layer);
    let manifest = manifest.to_content();
    store.push(manifest.descriptor(), manifest.clone()).await?;
    store.tag(manifest.descriptor(), tag).await?;
    Ok(manifest.descriptor().clone())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_was_acknowledged_is_lost_to_a_collection_that_spares_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let writer = LayoutStore::create(dir.path()).await.unwrap();
    let collector = LayoutStore::open(dir.path()).await.unwrap();
    let done = std::sync::atomic::AtomicBool::new(false);
    let collecting = async {
        let mut removed = 0;
        while !done.load(std::sync::atomic::Ordering::Relaxed) {
            let opts = at_once().with_remove_untagged(true);
            removed += collector.gc(opts).await.unwrap().removed.blobs;
        }
        removed
    };
    let writing = async {
        let mut acknowledged = Vec::new();
        for round in 0..100 {
            let text = format!("layer {}", round % 40);
            loop {
                // Pushes content that is present, was just removed, or is new.
                match push_tagged(&writer, &text, &format!("v{}", round % 60)).await {
                    Ok(target) => break acknowledged.push((format!("v{}", round % 60), target)),
                    Err(error) => assert!(
                        matches!(error.kind(), ErrorKind::MissingContent | ErrorKind::NotFound),
                        "{error:?}"
                    ),
                }
            }
        }
        done.store(true, std::sync::atomic::Ordering::Relaxed);
        acknowledged
    };
    let (_, acknowledged) = tokio::join!(collecting, writing);
    let again = LayoutStore::open(dir.path()).await.unwrap();
    let last: std::collections::BTreeMap<_, _> = acknowledged.into_iter().collect();
    assert_eq!(last.len(), 60);
    for (tag, target) in last {
        assert_eq!(
            oras_content::StoreExt::resolve(&again, &*tag).await.unwrap(),
            target
        );
        assert_whole(&again, &target).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_grace_time_keeps_collections_out_of_the_way_of_writers() {
    let dir = tempfile::tempdir().unwrap();
    let writer = LayoutStore::create(dir.path()).await.unwrap();
    let collector = LayoutStore::open(dir.path()).await.unwrap();
    for round in 0..30 {
        // The existing content is old, and nothing refers to it any more.
        let layer = push(&writer, MediaType::OCTET_STREAM, b"shared").await;
        age(dir.path(), &layer);
        let collect = collector.gc(GcOptions::default().with_remove_untagged(true));
        let (pushed, collected) = tokio::join!(push_tagged(&writer, "shared", "v1"), collect);
        collected.unwrap();
        let target = pushed.unwrap();
        assert_whole(&writer, &target).await;
        oras_content::Deleter::delete(&writer, &target).await.unwrap();
        assert!(!writer.exists(&target).await.unwrap(), "{round}");
    }
}

/// Pushes artifacts with a referrer each, and tags every fifth.
async fn half_tagged(store: &LayoutStore) -> Vec<Descriptor> {
    let mut pushed = Vec::new();
    for n in 0..25 {
        let image = push_manifest(store, &format!("layer {n}"), None).await;
        pushed.push(push_manifest(store, &format!("signature {n}"), Some(&image)).await);
        if n % 5 == 0 {
            store.tag(&image, &*format!("v{n}")).await.unwrap();
        }
        pushed.push(image);
    }
    pushed
}

#[test]
fn a_collection_dropped_at_any_point_leaves_whole_graphs() {
    let runtime = || tokio::runtime::Runtime::new().unwrap();
    for polls in 0.. {
        let dir = tempfile::tempdir().unwrap();
        // The end of the runtime waits for blocking work in progress.
        let (pushed, done) = runtime().block_on(async {
            let store = LayoutStore::create(dir.path()).await.unwrap();
            let pushed = half_tagged(&store).await;
            let mut collect = Box::pin(store.gc(at_once().with_remove_untagged(true)));
            let mut left = polls;
            let done = std::future::poll_fn(|cx| {
                if left == 0 {
                    return Poll::Ready(None);
                }
                left -= 1;
                collect.as_mut().poll(cx).map(Some)
            })
            .await;
            (pushed, done)
        });
        runtime().block_on(async {
            let store = LayoutStore::open(dir.path()).await.unwrap();
            let roots = store.roots().await.unwrap();
            assert!(roots.len() >= 10, "{polls}");
            // A client that finds a manifest relies on its children, whether it is listed or not.
            let there = pushed.iter().filter(|target| path(dir.path(), target).exists());
            for whole in roots.iter().chain(there) {
                assert_whole(&store, whole).await;
            }
        });
        if let Some(done) = done {
            assert_eq!(done.unwrap().removed.blobs, 80);
            assert!(polls > 3, "it was dropped nowhere");
            return;
        }
    }
}

#[tokio::test]
async fn what_others_wrote_into_the_index_stays_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let store = LayoutStore::create(dir.path()).await.unwrap();
    let image = push_manifest(&store, "image", None).await;
    let other = push_manifest(&store, "other", None).await;
    let gone = push_manifest(&store, "gone", None).await;
    push(&store, MediaType::OCTET_STREAM, b"stray").await;
    let entry = |target: &Descriptor, more: &str| {
        format!(
            r#"{{ "digest":"{}", "size":{} ,"mediaType":"{}"{more} }}"#,
            target.digest, target.size, target.media_type
        )
    };
    // As written by skopeo, regctl and buildx: without media types, with several names for one manifest, with names
    // by containerd, and with unknown members.
    let kept = [
        entry(
            &image,
            r#","annotations":{"org.opencontainers.image.ref.name":"v1"},"n":1.10"#,
        ),
        entry(
            &image,
            r#","annotations":{"org.opencontainers.image.ref.name":"docker.io/x/y:v2"}"#,
        ),
        entry(
            &other,
            r#","annotations":{"io.containerd.image.name":"docker.io/x/z:v1"},"platform":{"os":"linux","architecture":"amd64","new":true}"#,
        ),
        r#"{"mediaType":"text/plain","digest":"not a digest","size":1}"#.to_owned(),
    ];
    let text = format!(
        r#"{{"schemaVersion":2,"manifests":[{},{},{},{},{}],"big":123456789012345678901234567890}}"#,
        kept[0],
        kept[1],
        entry(&gone, ""),
        kept[2],
        kept[3]
    );
    fs::write(dir.path().join("index.json"), &text).unwrap();

    let report = LayoutStore::open(dir.path())
        .await
        .unwrap()
        .gc(at_once())
        .await
        .unwrap();
    assert_eq!(report.removed.blobs, 1);
    assert_eq!(fs::read_to_string(dir.path().join("index.json")).unwrap(), text);

    store.gc(at_once().with_remove_untagged(true)).await.unwrap();
    let written = fs::read_to_string(dir.path().join("index.json")).unwrap();
    assert!(
        written.starts_with(r#"{"schemaVersion":2,"manifests":["#),
        "{written}"
    );
    for entry in &kept {
        assert!(written.contains(entry), "{entry} in {written}");
    }
    assert!(written.contains(r#""big":123456789012345678901234567890"#));
    assert!(!written.contains(gone.digest.as_str()));
    assert_eq!(index(dir.path())["manifests"].as_array().unwrap().len(), 4);
    assert!(
        !files(dir.path())
            .iter()
            .any(|file| file.ends_with(gone.digest.encoded()))
    );
    for kept in [&image, &other] {
        assert_whole(&store, kept).await;
    }
}

#[tokio::test]
async fn an_entry_in_a_form_that_is_not_known_stops_the_collection_where_its_content_is_there() {
    let dir = tempfile::tempdir().unwrap();
    let store = LayoutStore::create(dir.path()).await.unwrap();
    let image = push_manifest(&store, "image", None).await;
    let text = format!(
        r#"{{"schemaVersion":2,"manifests":[{{"digest":"{}"}}]}}"#,
        image.digest
    );
    fs::write(dir.path().join("index.json"), text).unwrap();
    let error = store.gc(at_once()).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::InvalidManifest), "{error:?}");
    assert_whole(&store, &image).await;
}

#[test]
fn a_manifest_that_is_listed_while_a_collection_begins_goes_with_what_it_leads_to() {
    // A single thread does the store's work in the order of its calls.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .max_blocking_threads(1)
        .build()
        .unwrap();
    runtime.block_on(async {
        let dir = tempfile::tempdir().unwrap();
        let store = LayoutStore::create(dir.path()).await.unwrap();
        let layer = push(&store, MediaType::OCTET_STREAM, b"layer").await;
        let mut collecting = Box::pin(store.gc(at_once().with_remove_untagged(true)));
        let (open, gate) = std::sync::mpsc::channel::<()>();
        tokio::task::spawn_blocking(move || gate.recv());
        // The collection lists the existing blobs first.
        assert!(futures_util::poll!(&mut collecting).is_pending());
        drop(open);
        let manifest = push_manifest(&store, "layer", None).await;
        collecting.await.unwrap();
        let tagged = store.tag(&manifest, "v1").await;
        assert_eq!(*tagged.unwrap_err().kind(), ErrorKind::NotFound);
        assert!(!store.exists(&layer).await.unwrap());
    });
}
