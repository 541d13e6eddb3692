//! Folders that are packed into a push.

use std::fs;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::TryStreamExt;
use oras_content::{
    ContentLister, Descriptor, Error, ErrorKind, MediaType, OpenOptions, Payload, Pushed, Result,
    StageOptions, Staged, Stager, Store, StoreExt, WriterExt, annotations,
};
use oras_file::{Compression, FileOptions, FileStore, PackOptions};
use oras_layout::LayoutStore;
use oras_memory::{MemoryOptions, MemoryStore};
use tokio::runtime::Builder;
use tokio::sync::Notify;

use crate::names;

/// A folder `docs` whose archive is longer than what the packer may be ahead of the store, and the store of it.
fn docs(dir: &Path) -> FileStore {
    fs::create_dir_all(dir.join("docs/sub")).unwrap();
    fs::write(dir.join("docs/a.txt"), "hello").unwrap();
    fs::write(dir.join("docs/sub/long"), vec![7; 2 << 20]).unwrap();
    let opts = PackOptions::default().with_compression(Compression::None);
    FileStore::with_options(dir, FileOptions::default().with_pack(opts))
}

/// Every file of the folder, by its path.
fn files(dir: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for name in names(dir) {
        let path = dir.join(&name);
        match path.is_dir() {
            true => found.extend(files(&path)),
            false => found.push(path.display().to_string()),
        }
    }
    found
}

async fn contents(store: &MemoryStore) -> Vec<Descriptor> {
    store.contents().try_collect().await.unwrap()
}

/// Runs it where one call at a time may block. A hang is a failure.
fn with_one_blocking_thread(job: impl Future<Output = ()> + Send + 'static) {
    let (done, is_done) = mpsc::channel();
    std::thread::spawn(move || {
        let mut runtime = Builder::new_current_thread();
        let runtime = runtime.max_blocking_threads(1).build().unwrap();
        runtime.block_on(job);
        done.send(()).unwrap();
        runtime.shutdown_background();
    });
    let waited = is_done.recv_timeout(Duration::from_secs(60));
    waited.expect("the job ended");
}

#[test]
fn a_store_that_blocks_has_threads_however_many_folders_are_packed() {
    with_one_blocking_thread(async {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let layout = LayoutStore::create(to.path()).await.unwrap();
        let source = docs(from.path());
        let path = from.path().join("docs");
        let push = |name: &'static str| source.push_folder(name, None, Some(&path), &layout);
        let (a, b, c) = tokio::join!(push("a"), push("b"), push("c"));
        for pushed in [a, b, c] {
            assert!(layout.exists(&pushed.unwrap()).await.unwrap());
        }
    });
}

#[tokio::test]
async fn a_pushed_folder_is_described_as_an_added_one() {
    let dir = tempfile::tempdir().unwrap();
    let plain = docs(dir.path());
    let gzip = FileStore::new(dir.path());
    let kind = MediaType::from_static("application/vnd.example");
    for store in [&plain, &gzip] {
        for kind in [None, Some(kind.clone())] {
            let memory = MemoryStore::new();
            let path = Some(Path::new("docs"));
            let name = format!("of {kind:?}");
            let pushed = store
                .push_folder(&name, kind.clone(), path, &memory)
                .await
                .unwrap();
            let added = store.add(&name, kind, path).await.unwrap();
            assert_eq!(pushed, added);
            assert_eq!(pushed.annotation(annotations::UNPACK), Some("true"));
            let content = memory.fetch_all(&pushed, 4 << 20).await.unwrap();
            let expected = store.fetch_all(&added, 4 << 20).await.unwrap();
            assert!(content.bytes() == expected.bytes());
        }
    }
}

#[tokio::test]
async fn a_folder_is_pushed_into_a_layout_and_comes_back() {
    let (from, to, out) = (
        tempfile::tempdir().unwrap(),
        tempfile::tempdir().unwrap(),
        tempfile::tempdir().unwrap(),
    );
    let layout = LayoutStore::create(to.path()).await.unwrap();
    let source = docs(from.path());
    let pushed = source.push_folder("docs", None, None, &layout).await.unwrap();
    let opened = layout.open(&pushed, OpenOptions::default()).await.unwrap();
    let payload = Payload::once(opened.content);
    FileStore::new(out.path()).push(&pushed, payload).await.unwrap();
    for file in ["docs/a.txt", "docs/sub/long"] {
        assert!(fs::read(out.path().join(file)).unwrap() == fs::read(from.path().join(file)).unwrap());
    }
}

#[tokio::test]
async fn the_store_does_not_have_what_it_pushed() {
    let dir = tempfile::tempdir().unwrap();
    let store = docs(dir.path());
    let memory = MemoryStore::new();
    let pushed = store.push_folder("docs", None, None, &memory).await.unwrap();
    assert!(!store.exists(&pushed).await.unwrap());
    let again = store.push_folder("docs", None, None, &memory).await.unwrap();
    assert_eq!(pushed, again);
    store.add("docs", None, None).await.unwrap();
    let error = store.push_folder("docs", None, None, &memory).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::DuplicateName);
}

#[tokio::test]
async fn what_cannot_be_packed_is_told_apart_and_leaves_nothing() {
    let (dir, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = docs(dir.path());
    let layout = LayoutStore::create(to.path()).await.unwrap();
    let before = files(to.path());
    let _socket = UnixListener::bind(dir.path().join("docs/z.socket")).unwrap();
    let error = store.push_folder("docs", None, None, &layout).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Payload);
    assert_eq!(error.inner().map(Error::kind), Some(&ErrorKind::Refused));
    let added = store.add("docs", None, None).await.unwrap_err();
    assert_eq!(error.inner().unwrap().to_string(), added.to_string());
    assert_eq!(files(to.path()), before);
}

#[tokio::test]
async fn only_a_folder_is_packed() {
    let dir = tempfile::tempdir().unwrap();
    let (store, memory) = (docs(dir.path()), MemoryStore::new());
    let missing = store.push_folder("missing", None, None, &memory).await;
    assert!(missing.unwrap_err().is_not_found());
    let file = store.push_folder("docs/a.txt", None, None, &memory).await;
    assert_eq!(*file.unwrap_err().kind(), ErrorKind::Refused);
    let outside = store.push_folder("../docs", None, None, &memory).await;
    assert_eq!(*outside.unwrap_err().kind(), ErrorKind::PathTraversal);
}

#[tokio::test]
async fn a_store_that_refuses_is_told_apart_and_has_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let store = docs(dir.path());
    let memory = MemoryStore::with_options(MemoryOptions::default().with_limit(1 << 20));
    let error = store.push_folder("docs", None, None, &memory).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::SizeExceedsLimit { limit: 1 << 20 });
    assert_eq!(contents(&memory).await, []);
    // All of the room was given back.
    memory
        .push_bytes(MediaType::OCTET_STREAM, vec![0; 1 << 20])
        .await
        .unwrap();
}

/// What a store does with staged content.
#[derive(Clone)]
enum Behaviour {
    Refuses,
    RefusesCommit,
    /// It takes some, says so, and then no more.
    Stalls(Arc<Notify>),
}

/// A layout that behaves like this.
struct Odd(LayoutStore, Behaviour);

struct OddStaged(Box<dyn Staged>, Behaviour);

#[async_trait]
impl Stager for Odd {
    async fn stage(&self, opts: StageOptions) -> Result<Box<dyn Staged>> {
        match self.1 {
            Behaviour::Refuses => Err(Error::unsupported("staging today")),
            _ => Ok(Box::new(OddStaged(self.0.stage(opts).await?, self.1.clone()))),
        }
    }
}

#[async_trait]
impl Staged for OddStaged {
    fn len(&self) -> u64 {
        self.0.len()
    }

    async fn append(&mut self, bytes: Bytes) -> Result<()> {
        self.0.append(bytes).await?;
        if let Behaviour::Stalls(stalled) = &self.1
            && self.0.len() > 600 * 1024
        {
            self.0.flush().await?;
            stalled.notify_one();
            std::future::pending::<()>().await;
        }
        Ok(())
    }

    async fn discard(self: Box<Self>) {
        self.0.discard().await;
    }

    async fn commit(self: Box<Self>, expected: &Descriptor) -> Result<Pushed> {
        match self.1 {
            Behaviour::RefusesCommit => {
                self.0.discard().await;
                Err(Error::denied(expected))
            }
            _ => self.0.commit(expected).await,
        }
    }
}

#[tokio::test]
async fn the_errors_of_the_store_are_its_own() {
    let (dir, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = docs(dir.path());
    let layout = LayoutStore::create(to.path()).await.unwrap();
    let before = files(to.path());
    let cases = [
        (Behaviour::Refuses, ErrorKind::Unsupported),
        (Behaviour::RefusesCommit, ErrorKind::Denied),
    ];
    for (behaviour, kind) in cases {
        let odd = Odd(layout.clone(), behaviour);
        let error = store.push_folder("docs", None, None, &odd).await.unwrap_err();
        assert_eq!(*error.kind(), kind);
        assert_eq!(files(to.path()), before);
    }
}

#[test]
fn a_push_that_is_dropped_stops_packing_and_leaves_nothing() {
    let (dir, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = docs(dir.path());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let before = runtime.block_on(async {
        let layout = LayoutStore::create(to.path()).await.unwrap();
        let before = files(to.path());
        let stalled = Arc::new(Notify::new());
        let odd = Odd(layout, Behaviour::Stalls(Arc::clone(&stalled)));
        let stalled = async {
            stalled.notified().await;
            assert_ne!(files(to.path()), before);
        };
        tokio::select! {
            pushed = store.push_folder("docs", None, None, &odd) => panic!("it was not dropped: {pushed:?}"),
            () = stalled => {}
        }
        before
    });
    // This waits for the packer, which would wait for ever for somebody to take its frames.
    drop(runtime);
    assert_eq!(files(to.path()), before);
}

#[tokio::test]
async fn what_a_pull_refuses_of_a_pushed_folder_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let store = docs(dir.path());
    let memory = MemoryStore::new();
    store.push_folder("docs", None, None, &memory).await.unwrap();
    assert!(store.refusals().is_empty());

    std::os::unix::fs::symlink("/", dir.path().join("docs/root")).unwrap();
    store.push_folder("docs", None, None, &memory).await.unwrap();
    let refusals = store.refusals();
    assert_eq!(refusals.len(), 1);
    assert_eq!(*refusals[0].kind(), ErrorKind::PathTraversal);
    assert!(refusals[0].to_string().contains("docs/root"), "{}", refusals[0]);
}
