//! A store that fails: it is full at some point, or does not get done; and what becomes of uploads to it.

use std::io;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::BoxStream;
use oras_content::{
    Content, Deleter, Descriptor, Digest, Error, Exists, FetchOptions, Fetcher, Ingest, Ingester,
    PredecessorFinder, PushOptions, Pushed, Pusher, Resolver, Result, Source, TagListOptions, TagLister,
    Tagger, Untagger,
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

struct AilingIngest {
    inner: Box<dyn Ingest>,
    room: u64,
    taken: u64,
    turns: Arc<Semaphore>,
}

#[async_trait]
impl Ingester for Ailing {
    async fn ingest(&self) -> Result<Box<dyn Ingest>> {
        Ok(Box::new(AilingIngest {
            inner: self.store.ingest().await?,
            room: self.room,
            taken: 0,
            turns: Arc::clone(&self.turns),
        }))
    }
}

#[async_trait]
impl Ingest for AilingIngest {
    /// What was taken, as stores that write later count it, too.
    fn len(&self) -> u64 {
        self.taken
    }

    async fn write(&mut self, bytes: Bytes) -> Result<()> {
        self.taken += bytes.len() as u64;
        if self.taken > self.room {
            return Err(Error::storage(
                "a file",
                io::Error::from(io::ErrorKind::StorageFull),
            ));
        }
        self.inner.write(bytes).await
    }

    async fn commit(self: Box<Self>, expected: &Descriptor) -> Result<Pushed> {
        let _turn = self.turns.acquire().await.unwrap();
        self.inner.commit(expected).await
    }
}

#[async_trait]
impl Pusher for Ailing {
    async fn push_opts(&self, expected: &Descriptor, body: Source, opts: PushOptions) -> Result<Pushed> {
        self.store.push_opts(expected, body, opts).await
    }

    fn ingester(&self) -> Option<&dyn Ingester> {
        Some(self)
    }
}

#[async_trait]
impl Fetcher for Ailing {
    async fn fetch_opts(&self, target: &Descriptor, opts: FetchOptions) -> Result<Content> {
        self.store.fetch_opts(target, opts).await
    }
}

#[async_trait]
impl Exists for Ailing {
    async fn exists(&self, target: &Descriptor) -> Result<bool> {
        self.store.exists(target).await
    }
}

#[async_trait]
impl Resolver for Ailing {
    async fn resolve(&self, reference: &str) -> Result<Descriptor> {
        self.store.resolve(reference).await
    }
}

#[async_trait]
impl Tagger for Ailing {
    async fn tag(&self, target: &Descriptor, reference: &str) -> Result<()> {
        self.store.tag(target, reference).await
    }
}

#[async_trait]
impl Untagger for Ailing {
    async fn untag(&self, reference: &str) -> Result<()> {
        self.store.untag(reference).await
    }
}

#[async_trait]
impl Deleter for Ailing {
    async fn delete(&self, target: &Descriptor) -> Result<()> {
        self.store.delete(target).await
    }
}

impl TagLister for Ailing {
    fn tags(&self, opts: TagListOptions) -> BoxStream<'_, Result<String>> {
        self.store.tags(opts)
    }
}

#[async_trait]
impl PredecessorFinder for Ailing {
    async fn predecessors(&self, node: &Descriptor) -> Result<Vec<Descriptor>> {
        self.store.predecessors(node).await
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
