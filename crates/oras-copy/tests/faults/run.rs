//! Runs: two registries and the result of a copy between them.

use std::sync::Arc;
use std::time::Duration;

use oras_content::{Descriptor, Reference};
use oras_copy::{CopyError, CopyOptions, ExtendedCopyOptions, Side, copy, extended_copy};
use oras_memory::MemoryStore;
use oras_registry::{Client, ClientOptions, RegistryOptions, Repository};
use oras_server::{MemoryBackend, ServerOptions};
use oras_server_faults::{Entry, Fault, FaultOptions, Journal, Server};
use oras_transport::{RetryOptions, TlsOptions, TransportOptions};

use crate::bill::Bill;
use crate::graph::Graph;

/// The kind of copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// `copy`.
    Plain,
    /// `extended_copy`.
    Extended,
}

/// The state that outlives the servers: the graph at the source, and the content of the destination.
pub(crate) struct World {
    pub(crate) graph: Graph,
    pub(crate) from: MemoryBackend,
    pub(crate) to: MemoryBackend,
    /// The timeout for a registry's answer.
    pub(crate) patience: Duration,
}

impl World {
    pub(crate) async fn new() -> Self {
        let graph = Graph::new("one");
        let from = MemoryBackend::new();
        graph.fill(&from.store("app")).await;
        Self {
            graph,
            from,
            to: MemoryBackend::new(),
            patience: Duration::from_secs(60),
        }
    }

    /// Returns the destination's store.
    pub(crate) fn store(&self) -> MemoryStore {
        self.to.store("app")
    }

    /// Starts the source and the destination; `observer` sees the destination's answers.
    pub(crate) async fn registries(&self, observer: Option<Observer>) -> [Registry; 2] {
        let client = client(self.patience);
        let mut faults = FaultOptions::default();
        if let Some(observer) = observer {
            faults = faults.with_observer(observer);
        }
        [
            Registry::new(&self.from, client.clone(), FaultOptions::default()).await,
            Registry::new(&self.to, client, faults).await,
        ]
    }

    /// Copies between two registries, one of which has the fault, and waits until both are idle.
    pub(crate) async fn run(&self, way: Way, side: Side, fault: Option<Fault>) -> Run {
        let [from, to] = self.registries(None).await;
        let ailing = match side {
            Side::Source => &from,
            Side::Destination => &to,
        };
        if let Some(fault) = fault {
            ailing.server.inject(fault);
        }
        let outcome = way.copy(&from.repository("app"), &to.repository("app")).await;
        Run {
            outcome,
            bills: [Bill::of(&from.end().await), Bill::of(&to.end().await)],
        }
    }
}

/// The result of a copy.
pub(crate) struct Run {
    pub(crate) outcome: Result<Descriptor, CopyError>,
    /// The bills of the source and of the destination.
    pub(crate) bills: [Bill; 2],
}

impl Way {
    pub(crate) async fn copy(self, from: &Repository, to: &Repository) -> Result<Descriptor, CopyError> {
        match self {
            Self::Plain => copy(from, "v1", to, "v1", &CopyOptions::default()).await,
            Self::Extended => extended_copy(from, "v1", to, "v1", &ExtendedCopyOptions::default()).await,
        }
    }
}

/// A registry, and a client that is new to it.
pub(crate) struct Registry {
    pub(crate) server: Server,
    pub(crate) client: Client,
}

/// Called with each request when its answer has ended.
pub(crate) type Observer = Arc<dyn Fn(&Entry) + Send + Sync>;

impl Registry {
    pub(crate) async fn new(backend: &MemoryBackend, client: Client, faults: FaultOptions) -> Self {
        let options = ServerOptions::default().with_backend(Arc::new(backend.clone()));
        let server = Server::start_with(options, faults).await.unwrap();
        Self { server, client }
    }

    pub(crate) fn repository(&self, name: &str) -> Repository {
        self.repository_of(&self.client, name)
    }

    /// Returns the repository as seen by another client.
    pub(crate) fn repository_of(&self, client: &Client, name: &str) -> Repository {
        let reference = Reference::new(&self.server.registry(), name).unwrap();
        client
            .repository_with(&reference, RegistryOptions::default())
            .unwrap()
    }

    /// Waits for the requests in flight and returns the journal.
    pub(crate) async fn end(self) -> Journal {
        drop(self.client);
        let journal = self.server.journal();
        self.server.shutdown().await;
        journal
    }
}

/// Returns a client that tries three times in total, with short delays.
pub(crate) fn client(patience: Duration) -> Client {
    let retry = RetryOptions::default()
        .with_retries(2)
        .with_base(Duration::from_millis(1))
        .with_min_wait(Duration::from_millis(1))
        .with_max_wait(Duration::from_millis(2));
    // No test uses TLS, and loading the platform's roots would take longer than most copies.
    let tls = TlsOptions::default()
        .with_extra_roots(include_bytes!("root.pem"))
        .with_only_extra_roots(true);
    let transport = TransportOptions::default()
        .with_tls(tls)
        .with_connect_timeout(patience)
        .with_head_timeout(patience)
        .with_idle_timeout(patience);
    Client::new(
        ClientOptions::default()
            .with_retry(retry)
            .with_transport(transport),
    )
    .unwrap()
}
