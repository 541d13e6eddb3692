//! What is copied, in which order, and that nothing is requested twice.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use oras_content::{
    Deleter, Descriptor, Digest, ErrorKind, ImageIndex, ImageManifest, MediaType, Name, OpenOptions, Opened,
    Platform, ResolveOptions, Resolved, Result, Store, StoreExt, WriterExt,
};
use oras_copy::{
    Choice, CopyOptions, Event, ExtendedCopyOptions, Operation, Outcome, Selection, Side, copy, copy_graph,
    extended_copy,
};
use oras_memory::MemoryStore;

use crate::graph::{artifact, blob, index, push, referrer};
use crate::recorder::{Call, Recorder};

fn options() -> CopyOptions {
    CopyOptions::default()
}

#[tokio::test]
async fn children_come_before_parents_and_the_tag_comes_last() {
    let source = MemoryStore::new();
    let (root, images) = index(&source).await;
    let destination = Recorder::default();
    let copied = copy(&source, "v1", &destination, "", &options()).await.unwrap();
    assert_eq!(copied.digest, root.digest);

    for image in &images {
        let manifest = source.fetch_manifest(image, 4096).await.unwrap();
        let parent = destination.position(&Call::Push(image.digest.clone()));
        for child in manifest.successors() {
            assert!(destination.position(&Call::Push(child.digest.clone())) < parent);
        }
        assert!(parent < destination.position(&Call::Push(root.digest.clone())));
    }
    assert_eq!(destination.calls().last(), Some(&Call::Tag("v1".into())));
    assert_eq!(destination.store.resolve("v1").await.unwrap().digest, root.digest);
}

#[tokio::test]
async fn each_node_is_copied_once_however_many_parents_it_has() {
    let source = MemoryStore::new();
    let one = artifact(&source, &["shared", "one"]).await;
    let two = artifact(&source, &["shared", "two"]).await;
    let root = push(
        &source,
        oras_content::ImageIndex::new(vec![one, two]).to_content(),
    )
    .await;
    let (from, to) = (Recorder::over(&source), Recorder::default());
    copy_graph(&from, &to, &root, &options()).await.unwrap();
    let shared = Digest::sha256(b"shared");
    assert_eq!(to.count(|call| *call == Call::Push(shared.clone())), 1);
    assert_eq!(from.count(|call| *call == Call::Fetch(shared.clone())), 1);
}

#[tokio::test]
async fn what_is_there_is_not_walked_again() {
    let source = MemoryStore::new();
    let root = artifact(&source, &["a", "b"]).await;
    source.tag(&root, "v1").await.unwrap();
    let destination = Recorder::default();
    copy(&source, "v1", &destination, "", &options()).await.unwrap();
    let before = destination.calls().len();
    copy(&source, "v1", &destination, "again", &options())
        .await
        .unwrap();
    let after = destination.calls();
    assert_eq!(
        after[before..],
        [
            Call::Exists(root.digest.clone()),
            Call::Push(root.digest.clone()),
            Call::Tag("again".into())
        ]
    );
}

#[tokio::test]
async fn blobs_are_not_asked_for_before_they_are_pushed() {
    let source = MemoryStore::new();
    let root = artifact(&source, &["a", "b", "c"]).await;
    let destination = Recorder::default();
    copy_graph(&source, &destination, &root, &options())
        .await
        .unwrap();
    assert_eq!(destination.count(|call| matches!(call, Call::Exists(_))), 1);
    assert_eq!(destination.count(|call| matches!(call, Call::Push(_))), 5);
}

#[tokio::test]
async fn manifests_beyond_the_memory_allowed_are_read_again() {
    let source = MemoryStore::new();
    let (root, images) = index(&source).await;
    let (from, to) = (Recorder::over(&source), Recorder::default());
    copy_graph(&from, &to, &root, &options().with_manifest_memory(0))
        .await
        .unwrap();
    let image = images[0].digest.clone();
    assert_eq!(from.count(|call| *call == Call::Fetch(image.clone())), 2);
    assert!(to.store.exists(&root).await.unwrap());
}

#[tokio::test]
async fn foreign_layers_stay_where_they_are() {
    let source = MemoryStore::new();
    let mut image = ImageManifest::new(blob(&source, "{}").await);
    let foreign = MediaType::from_static("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip");
    image.layers = vec![Descriptor::of(foreign, b"not here"), blob(&source, "here").await];
    let root = push(&source, image.to_content()).await;
    let to = Recorder::default();
    copy_graph(&source, &to, &root, &options()).await.unwrap();
    assert_eq!(to.count(|call| matches!(call, Call::Push(_))), 3);
}

#[tokio::test]
async fn one_platform_of_an_index_is_copied_alone() {
    let source = MemoryStore::new();
    let (_, images) = index(&source).await;
    let to = MemoryStore::new();
    let arm = options().with_platforms([Platform::new("linux", "arm64")]);
    let copied = copy(&source, "v1", &to, "arm", &arm).await.unwrap();
    assert_eq!(copied.digest, images[1].digest);
    assert!(!to.exists(&images[0]).await.unwrap());

    copy(&source, images[1].digest.as_str(), &to, "", &arm)
        .await
        .unwrap();
    let error = copy(&source, images[0].digest.as_str(), &to, "", &arm)
        .await
        .unwrap_err();
    assert_eq!(error.operation, Operation::SelectPlatform);
    let riscv = options().with_platforms([Platform::new("linux", "riscv64")]);
    let error = copy(&source, "v1", &to, "", &riscv).await.unwrap_err();
    assert!(matches!(error.source.kind(), ErrorKind::NotFound));
}

#[tokio::test]
async fn several_platforms_are_an_index_of_their_manifests() {
    let source = MemoryStore::new();
    let (whole, images) = index(&source).await;
    let [amd, arm, riscv] = ["amd64", "arm64", "riscv64"].map(|name| Platform::new("linux", name));
    let third = images[0].clone().with_platform(riscv.clone());
    let mut three = ImageIndex::new(vec![images[0].clone(), third, images[1].clone()]);
    three.annotations.insert("of".into(), "three".into());
    let three = push(&source, three.to_content()).await;
    source.tag(&three, "three").await.unwrap();

    let to = MemoryStore::new();
    let two = options().with_platforms([arm.clone(), amd.clone()]);
    let copied = copy(&source, "three", &to, "two", &two).await.unwrap();
    let mut expected = ImageIndex::new(images.to_vec());
    expected.annotations.insert("of".into(), "three".into());
    assert_eq!(copied.digest, expected.to_content().descriptor().digest);
    assert_eq!(to.resolve("two").await.unwrap().digest, copied.digest);
    assert!(to.exists(&images[1]).await.unwrap());

    let all = copy(&source, "v1", &to, "all", &two).await.unwrap();
    assert_eq!(all.digest, whole.digest, "nothing is left out");
    let one = options().with_platforms([arm.clone(), arm.clone()]);
    let one = copy(&source, "v1", &to, "one", &one).await.unwrap();
    assert_eq!(one.digest, images[1].digest);

    let lacking = options().with_platforms([arm, riscv]);
    let error = copy(&source, "v1", &to, "none", &lacking).await.unwrap_err();
    assert_eq!(
        (error.operation, error.source.kind()),
        (Operation::SelectPlatform, &ErrorKind::NotFound)
    );
    let image = images[0].digest.as_str();
    let error = copy(&source, image, &to, "none", &two).await.unwrap_err();
    assert_eq!(
        (error.operation, error.source.kind()),
        (Operation::SelectPlatform, &ErrorKind::Unsupported)
    );
}

#[tokio::test]
async fn several_platforms_come_with_the_referrers_of_their_manifests() {
    let source = MemoryStore::new();
    let (whole, images) = index(&source).await;
    let third = images[0].clone().with_platform(Platform::new("linux", "riscv64"));
    let three = ImageIndex::new(images.iter().cloned().chain([third]).collect());
    let three = push(&source, three.to_content()).await;
    let of_image = referrer(&source, &images[0], "of the image").await;
    let to = MemoryStore::new();
    let two = ["amd64", "arm64"].map(|name| Platform::new("linux", name));
    // Generated manifests are kept in memory even with a limit of 0.
    let two = options().with_platforms(two).with_manifest_memory(0);
    let options = ExtendedCopyOptions::default().with_copy(two);
    let digest = three.digest.as_str();
    let copied = extended_copy(&source, digest, &to, "two", &options)
        .await
        .unwrap();
    assert_eq!(copied.digest, whole.digest);
    assert!(to.exists(&of_image).await.unwrap());
}

#[tokio::test]
async fn within_a_registry_blobs_are_mounted() {
    let source = MemoryStore::new();
    let root = artifact(&source, &["a", "b"]).await;
    let mut from = Recorder::over(&source);
    from.location = Some(("reg.example".into(), "from".into()));
    let mut to = Recorder {
        location: Some(("reg.example".into(), "to".into())),
        mountable: Some(source.clone()),
        ..Recorder::default()
    };
    copy_graph(&from, &to, &root, &options()).await.unwrap();
    assert_eq!(
        to.count(|call| matches!(call, Call::Mount(_, from) if from == "from")),
        3
    );

    to = Recorder {
        location: Some(("other.example".into(), "to".into())),
        ..Recorder::default()
    };
    copy_graph(&from, &to, &root, &options()).await.unwrap();
    assert_eq!(to.count(|call| matches!(call, Call::Mount(..))), 0);
}

#[derive(Default)]
struct Watching {
    seen: Mutex<Vec<(Digest, Outcome)>>,
    skip: Option<Digest>,
}

#[async_trait]
impl Selection for Watching {
    async fn choose(&self, node: &Descriptor) -> Result<Choice> {
        Ok(match self.skip.as_ref() == Some(&node.digest) {
            true => Choice::Skip,
            false => Choice::Copy,
        })
    }

    async fn finished(&self, node: &Descriptor, outcome: Outcome) -> Result<()> {
        let mut seen = self.seen.lock().unwrap();
        seen.push((node.digest.clone(), outcome));
        Ok(())
    }
}

#[tokio::test]
async fn a_selection_sees_every_node_and_can_leave_one_out() {
    let source = MemoryStore::new();
    let root = artifact(&source, &["first", "second"]).await;
    let skipped = Digest::sha256(b"second");
    let watching = Arc::new(Watching {
        skip: Some(skipped.clone()),
        ..Watching::default()
    });
    let to = Recorder::default();
    let options = options().with_selection(Arc::<Watching>::clone(&watching));
    copy_graph(&source, &to, &root, &options).await.unwrap();
    let seen = watching.seen.lock().unwrap().clone();
    assert!(seen.contains(&(Digest::sha256(b"first"), Outcome::Copied)));
    assert!(seen.contains(&(skipped.clone(), Outcome::SkippedByCaller)));
    assert_eq!(to.count(|call| *call == Call::Push(skipped.clone())), 0);
    assert_eq!(seen.last().unwrap().0, root.digest);
}

#[derive(Clone)]
struct Spoiled(MemoryStore);

named!(Spoiled, Stalled);

#[async_trait]
impl Store for Spoiled {
    async fn open(&self, target: &Descriptor, opts: OpenOptions) -> Result<Opened> {
        match target.is_manifest() {
            true => self.0.open(target, opts).await,
            false => {
                let altered = vec![b'?'; target.size as usize].into();
                Ok(Opened::of_bytes(&altered, opts))
            }
        }
    }

    async fn resolve_opts(&self, name: &Name, opts: ResolveOptions) -> Result<Resolved> {
        self.0.resolve_opts(name, opts).await
    }
}

#[tokio::test]
async fn altered_content_never_arrives_and_neither_does_its_parent() {
    let source = MemoryStore::new();
    let root = artifact(&source, &["content"]).await;
    let to = MemoryStore::new();
    let error = copy_graph(&Spoiled(source), &to, &root, &options())
        .await
        .unwrap_err();
    assert!(matches!(error.source.kind(), ErrorKind::Verify), "{error:?}");
    assert_eq!((error.operation, error.side), (Operation::Fetch, Side::Source));
    assert!(!to.exists(&root).await.unwrap());
}

/// A source whose blobs never arrive.
#[derive(Clone)]
struct Stalled(MemoryStore);

#[async_trait]
impl Store for Stalled {
    async fn open(&self, target: &Descriptor, opts: OpenOptions) -> Result<Opened> {
        if !target.is_manifest() {
            std::future::pending::<()>().await;
        }
        self.0.open(target, opts).await
    }

    async fn resolve_opts(&self, name: &Name, opts: ResolveOptions) -> Result<Resolved> {
        self.0.resolve_opts(name, opts).await
    }
}

#[tokio::test]
async fn a_dropped_copy_leaves_only_whole_content_and_can_be_run_again() {
    let source = MemoryStore::new();
    let root = artifact(&source, &["a"]).await;
    let to = MemoryStore::new();
    let stalled = Stalled(source.clone());
    {
        let options = options();
        let copying = copy_graph(&stalled, &to, &root, &options);
        futures_util::pin_mut!(copying);
        for _ in 0..20 {
            assert!(futures_util::poll!(copying.as_mut()).is_pending());
            tokio::task::yield_now().await;
        }
    }
    assert!(!to.exists(&root).await.unwrap());
    copy_graph(&source, &to, &root, &options()).await.unwrap();
    assert!(to.exists(&root).await.unwrap());
}

#[tokio::test]
async fn a_deep_graph_does_not_overflow_the_stack() {
    let source = MemoryStore::new();
    let mut root = artifact(&source, &["bottom"]).await;
    for _ in 0..5_000 {
        root = push(&source, oras_content::ImageIndex::new(vec![root]).to_content()).await;
    }
    let to = MemoryStore::new();
    copy_graph(&source, &to, &root, &options()).await.unwrap();
    assert!(to.exists(&root).await.unwrap());
}

#[tokio::test]
async fn where_one_node_fails_the_rest_goes_on_if_the_caller_likes() {
    let source = MemoryStore::new();
    let root = artifact(&source, &["one", "two", "three"]).await;
    source.tag(&root, "v1").await.unwrap();
    let lost = Descriptor::of("text/plain".parse().unwrap(), b"one");
    source.delete(&lost).await.unwrap();
    let failed = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&failed);
    let options = options()
        .with_concurrency(1)
        .with_keep_going(true)
        .with_events(Arc::new(move |event: Event<'_>| {
            if let Event::Failed { node, .. } = event {
                seen.lock().unwrap().push(node.digest.clone());
            }
        }));
    let to = MemoryStore::new();

    let error = copy(&source, "v1", &to, "v1", &options).await.unwrap_err();

    assert!(error.source.is_not_found(), "{error}");
    assert_eq!(
        failed.lock().unwrap().as_slice(),
        std::slice::from_ref(&lost.digest)
    );
    for (text, is_there) in [("one", false), ("two", true), ("three", true)] {
        let layer = Descriptor::of("text/plain".parse().unwrap(), text.as_bytes());
        assert_eq!(to.exists(&layer).await.unwrap(), is_there, "{text}");
    }
    assert!(!to.exists(&root).await.unwrap());
    assert!(to.resolve("v1").await.unwrap_err().is_not_found());
}
