//! A store that fails: it is full at some point, or does not get done; and what becomes of uploads to it.

use std::sync::Arc;
use std::{fmt, io};

use async_trait::async_trait;
use bytes::Bytes;
use oras_content::{
    Descriptor, Digest, Error, Name, OpenOptions, Opened, Pushed, ResolveOptions, Resolved, Result,
    StageOptions, Staged, Stager, Store, Writer,
};
use oras_memory::MemoryStore;
use oras_server::{ServerOptions, StoreBackend};
use oras_server_faults::Server;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

use crate::setup::Registry;

/// A store in memory with room for uploads of a few bytes each, which are done as often as there are turns.
struct Ailing {
    store: MemoryStore,
    room: u64,
    turns: Arc<Semaphore>,
}

struct AilingStaged {
    inner: Box<dyn Staged>,
    room: u64,
    taken: u64,
    turns: Arc<Semaphore>,
}

#[async_trait]
impl Stager for Ailing {
    async fn stage(&self, opts: StageOptions) -> Result<Box<dyn Staged>> {
        Ok(Box::new(AilingStaged {
            inner: self.store.stage(opts).await?,
            room: self.room,
            taken: 0,
            turns: Arc::clone(&self.turns),
        }))
    }
}

#[async_trait]
impl Staged for AilingStaged {
    /// What was taken, as stores that write later count it, too.
    fn len(&self) -> u64 {
        self.taken
    }

    async fn append(&mut self, bytes: Bytes) -> Result<()> {
        self.taken += bytes.len() as u64;
        if self.taken > self.room {
            return Err(Error::storage(
                "a file",
                io::Error::from(io::ErrorKind::StorageFull),
            ));
        }
        self.inner.append(bytes).await
    }

    async fn commit(self: Box<Self>, expected: &Descriptor) -> Result<Pushed> {
        let _turn = self.turns.acquire().await.unwrap();
        self.inner.commit(expected).await
    }
}

impl fmt::Display for Ailing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the ailing store")
    }
}

#[async_trait]
impl Store for Ailing {
    async fn open(&self, target: &Descriptor, opts: OpenOptions) -> Result<Opened> {
        self.store.open(target, opts).await
    }

    async fn resolve_opts(&self, name: &Name, opts: ResolveOptions) -> Result<Resolved> {
        self.store.resolve_opts(name, opts).await
    }

    fn writer(&self) -> Option<&dyn Writer> {
        self.store.writer()
    }

    fn stager(&self) -> Option<&dyn Stager> {
        Some(self)
    }
}

/// A registry with room for one upload at a time.
async fn ailing(room: u64, turns: &Arc<Semaphore>) -> Registry {
    let store = Ailing {
        store: MemoryStore::new(),
        room,
        turns: Arc::clone(turns),
    };
    let backend = StoreBackend::new().with_store("a", Arc::new(store));
    let options = ServerOptions::default()
        .with_backend(Arc::new(backend))
        .with_upload_limit(1);
    Registry::over(Server::start(options).await.unwrap())
}

#[tokio::test]
async fn an_upload_that_does_not_fit_is_507_and_over() {
    let registry = ailing(8, &Arc::new(Semaphore::new(9))).await;
    let digest = Digest::sha256(b"hello world");
    for method in ["PATCH", "PUT"] {
        let session = registry.open_upload("a").await;
        let fits = registry.call("PATCH", &session).body("hello ").send().await;
        assert_eq!(fits.expect(202).header("range"), Some("0-5"));
        let path = format!("{session}?digest={digest}");
        let full = registry.call(method, &path).body("world").send().await;
        full.expect_error(507, "UNKNOWN");
        // It is not said to have bytes that nobody has, nor does it count as open.
        let status = registry.get(&session).await;
        status.expect_error(404, "BLOB_UPLOAD_UNKNOWN");
        let more = registry.call("PATCH", &session).body("world").send().await;
        more.expect_error(404, "BLOB_UPLOAD_UNKNOWN");
    }
    let post = format!("/v2/a/blobs/uploads/?digest={digest}");
    let full = registry.call("POST", post).body("hello world").send().await;
    full.expect_error(507, "UNKNOWN");
    registry.push_blob("a", b"hello").await;
}

#[tokio::test]
async fn an_upload_whose_client_leaves_at_its_end_is_not_open_for_ever() {
    let turns = Arc::new(Semaphore::new(0));
    let registry = ailing(100, &turns).await;
    let session = registry.open_upload("a").await;
    let digest = Digest::sha256(b"hello");
    let mut client = TcpStream::connect(registry.server.addr()).await.unwrap();
    let head = format!("PUT {session}?digest={digest} HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\nhello");
    client.write_all(head.as_bytes()).await.unwrap();
    let journal = registry.server.journal();
    while journal.bytes_received() < 5 {
        tokio::task::yield_now().await;
    }
    drop(client);
    while journal.count(|entry| entry.status == 499) == 0 {
        tokio::task::yield_now().await;
    }
    registry.open_upload("a").await;
    registry
        .get(&session)
        .await
        .expect_error(404, "BLOB_UPLOAD_UNKNOWN");
}
