//! Many tags in one copy: shared content moves once, and each tag fails by itself.

use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use oras_content::{
    Batch, Descriptor, Error, ErrorKind, ImageManifest, MediaType, Name, OpenOptions, Opened, Payload,
    PredecessorFinder, PushOptions, Pushed, ResolveOptions, Resolved, Result, Store, StoreExt, Tag,
    TagLister, Writer, WriterExt,
};
use oras_copy::{CopiedTag, CopyOptions, CopyTags, CopyTagsOptions, ExtendedCopyOptions};
use oras_layout::LayoutStore;
use oras_memory::MemoryStore;

use crate::graph::{artifact, blob, index, large, push, referrer};
use crate::recorder::{Call, Recorder};

named!(Broken, Unflushed);

fn tags(names: &[&str]) -> Vec<Tag> {
    names.iter().map(|name| name.parse().unwrap()).collect()
}

async fn run(source: &dyn Store, names: &[&str], referrers: bool, to: &Recorder) -> Vec<CopiedTag> {
    let options = CopyTagsOptions::default().with_referrers(referrers);
    CopyTags::find(source, tags(names), &options).await.run(to).await
}

async fn tagged(store: &MemoryStore, name: &str, layers: &[&str]) -> Descriptor {
    let root = artifact(store, layers).await;
    store.tag(&root, name).await.unwrap();
    root
}

#[tokio::test]
async fn what_tags_share_is_moved_once_and_tags_come_last() {
    let source = MemoryStore::new();
    let roots = [
        tagged(&source, "a", &["shared", "of a"]).await,
        tagged(&source, "b", &["shared", "of b"]).await,
    ];
    source.tag(&roots[0], "same").await.unwrap();
    let from = Recorder::over(&source);
    let to = Recorder::default();
    let copied = run(&from, &["b", "a", "same", "a"], false, &to).await;
    assert!(copied.iter().all(|tag| tag.error.is_none()));
    let found: Vec<(&str, &Descriptor)> = copied
        .iter()
        .map(|tag| (tag.tag.as_str(), tag.root.as_ref().unwrap()))
        .collect();
    let [a, b] = &roots;
    assert_eq!(found, [("b", b), ("a", a), ("same", a)]);
    // Two manifests, two configs, and three layers, one of them shared.
    assert_eq!(to.count(|call| matches!(call, Call::Push(_))), 7);
    assert_eq!(
        from.count(|call| matches!(call, Call::Fetch(_))),
        5 + 3,
        "{:?}",
        from.calls()
    );
    for (tag, root) in [("a", a), ("same", a), ("b", b)] {
        let layer = to.position(&Call::Push(
            Descriptor::of("text/plain".parse().unwrap(), b"shared").digest,
        ));
        assert!(layer < to.position(&Call::Tag(tag.to_owned())));
        assert_eq!(&to.store.resolve(tag).await.unwrap().digest, &root.digest);
    }
}

#[tokio::test]
async fn a_tag_that_fails_does_not_end_the_others() {
    let source = MemoryStore::new();
    let good = tagged(&source, "good", &["x"]).await;
    let mut manifest = ImageManifest::new(blob(&source, "config").await);
    manifest.layers = vec![Descriptor::of("text/plain".parse().unwrap(), b"lost")];
    let bad = push(&source, manifest.to_content()).await;
    source.tag(&bad, "bad").await.unwrap();
    let to = Recorder::default();
    let copied = run(&source, &["bad", "none", "good"], false, &to).await;
    let errors: Vec<Option<&ErrorKind>> = copied
        .iter()
        .map(|tag| tag.error.as_ref().map(|error| error.source.kind()))
        .collect();
    assert_eq!(
        errors,
        [Some(&ErrorKind::NotFound), Some(&ErrorKind::NotFound), None]
    );
    let error = copied[0].error.as_ref().unwrap().to_string();
    assert!(error.starts_with("cannot fetch at the source "), "{error}");
    assert!(copied[1].root.is_none() && copied[0].root.is_some());
    assert_eq!(to.store.resolve("good").await.unwrap().digest, good.digest);
    assert!(to.store.resolve("bad").await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn a_manifest_that_gives_the_wrong_size_of_shared_content_fails_alone() {
    for names in [["good", "bad"], ["bad", "good"]] {
        let folder = tempfile::tempdir().unwrap();
        let source = LayoutStore::create(folder.path().join("from")).await.unwrap();
        let to = LayoutStore::create(folder.path().join("to")).await.unwrap();
        let empty = source.push_bytes(MediaType::OCI_EMPTY, "{}").await.unwrap();
        let shared = source
            .push_bytes(MediaType::OCTET_STREAM, "shared")
            .await
            .unwrap();
        let mut manifest = ImageManifest::new(empty);
        manifest.layers = vec![shared];
        let good = manifest.to_content();
        manifest.layers[0].size += 1;
        for (content, name) in [(&good, "good"), (&manifest.to_content(), "bad")] {
            let node = content.descriptor();
            source.push(node, content.clone()).await.unwrap();
            source.tag(node, name).await.unwrap();
        }
        let options = CopyTagsOptions::default();
        let found = CopyTags::find(&source, tags(&names), &options).await;
        let copied = found.run(&to).await;
        let error = |name: &str| {
            let tag = copied.iter().find(|tag| tag.tag.as_str() == name).unwrap();
            tag.error.as_ref().map(|error| *error.source.kind())
        };
        let (good_error, bad_error) = (error("good"), error("bad"));
        assert!(good_error.is_none(), "{good_error:?}");
        assert!(matches!(bad_error, Some(ErrorKind::Verify)), "{bad_error:?}");
        assert_eq!(&to.resolve("good").await.unwrap(), good.descriptor());
        assert!(to.resolve("bad").await.unwrap_err().is_not_found());
    }
}

#[tokio::test]
async fn referrers_come_along_and_are_counted() {
    let source = MemoryStore::new();
    let (root, images) = index(&source).await;
    let first = referrer(&source, &root, "signature").await;
    let second = referrer(&source, &first, "of the signature").await;
    let third = referrer(&source, &images[1], "of an image").await;
    let lone = tagged(&source, "lone", &["x"]).await;
    let to = Recorder::default();
    let copied = run(&source, &["v1", "lone"], true, &to).await;
    let counts: Vec<usize> = copied.iter().map(|tag| tag.referrers).collect();
    assert_eq!(counts, [3, 0]);
    for node in [&first, &second, &third, &lone] {
        assert!(to.store.exists(node).await.unwrap());
    }
    let to = Recorder::default();
    let copied = run(&source, &["v1"], false, &to).await;
    assert_eq!(copied[0].referrers, 0);
    assert!(!to.store.exists(&first).await.unwrap());
}

/// A source that cannot be read after its tags have been resolved.
struct Broken {
    store: MemoryStore,
    reads: AtomicUsize,
}

#[async_trait]
impl Store for Broken {
    async fn open(&self, target: &Descriptor, opts: OpenOptions) -> Result<Opened> {
        if target.is_manifest() {
            return self.store.open(target, opts).await;
        }
        self.reads.fetch_add(1, Ordering::Relaxed);
        Err(Error::storage("the disk", "broken"))
    }

    async fn resolve_opts(&self, name: &Name, opts: ResolveOptions) -> Result<Resolved> {
        self.store.resolve_opts(name, opts).await
    }

    fn tag_lister(&self) -> Option<&dyn TagLister> {
        self.store.tag_lister()
    }

    fn predecessor_finder(&self) -> Option<&dyn PredecessorFinder> {
        self.store.predecessor_finder()
    }
}

#[tokio::test]
async fn a_store_that_fails_again_and_again_ends_the_copy_of_all() {
    let store = MemoryStore::new();
    let names: Vec<String> = (0..40).map(|number| format!("v{number}")).collect();
    for name in &names {
        tagged(&store, name, &[&large(name)]).await;
    }
    let from = Broken {
        store,
        reads: AtomicUsize::new(0),
    };
    let to = Recorder::default();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let copied = run(&from, &names, false, &to).await;
    assert!(copied.iter().all(|tag| tag.error.is_some()));
    // The reads in flight when the third one failed.
    let reads = from.reads.load(Ordering::Relaxed);
    assert!((3..=20).contains(&reads), "{reads}");
}

/// A destination whose batches cannot be flushed, as on a write-protected disk.
#[derive(Default)]
struct Unflushed(MemoryStore);

#[async_trait]
impl Store for Unflushed {
    async fn open(&self, target: &Descriptor, opts: OpenOptions) -> Result<Opened> {
        self.0.open(target, opts).await
    }

    async fn resolve_opts(&self, name: &Name, _: ResolveOptions) -> Result<Resolved> {
        Err(Error::not_found(name.as_str()))
    }
}

#[async_trait]
impl Writer for Unflushed {
    async fn push_opts(&self, expected: &Descriptor, payload: Payload, opts: PushOptions) -> Result<Pushed> {
        self.0.push_opts(expected, payload, opts).await
    }

    async fn set_tag(&self, target: &Descriptor, tag: &Tag) -> Result<()> {
        self.0.set_tag(target, tag).await
    }

    fn batch(&self) -> Option<Box<dyn Batch + '_>> {
        Some(Box::new(Self(self.0.clone())))
    }
}

#[async_trait]
impl Batch for Unflushed {
    async fn flush(&self) -> Result<()> {
        Err(Error::refused("the index", "it may not be written"))
    }
}

#[tokio::test]
async fn tags_that_could_not_be_made_visible_fail_though_the_copy_goes_on() {
    let source = MemoryStore::new();
    tagged(&source, "v1", &["x"]).await;
    let copy = CopyOptions::default().with_keep_going(true);
    let extended = ExtendedCopyOptions::default().with_copy(copy);
    let options = CopyTagsOptions::default().with_extended(extended);
    let found = CopyTags::find(&source, tags(&["v1"]), &options).await;
    let copied = found.run(&Unflushed::default()).await;
    let error = copied[0].error.as_ref().expect("the tag is not there");
    assert_eq!(error.source.kind(), &ErrorKind::Refused);
}
