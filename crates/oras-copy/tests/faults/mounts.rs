//! A registry that does not mount blobs between its repositories, or falsely claims it did.

use std::time::Duration;

use hyper::Method;
use oras_content::ErrorKind::{Denied, Protocol};
use oras_copy::Operation::{Mount, Push};
use oras_server::{MemoryBackend, Route};
use oras_server_faults::{Fault, FaultOptions, Journal};

use crate::case::{Comes, GONE, destination};
use crate::graph::Graph;
use crate::run::{Registry, Way, client};
use crate::whole::look;

/// The outcome of a copy within one registry.
enum Ends {
    /// It succeeds after sending this many blobs; the others were mounted.
    Sent(usize),
    Fails(Comes),
}

/// A graph in `from`, to be copied to `app` of the same registry.
struct Mounting {
    graph: Graph,
    backend: MemoryBackend,
}

impl Mounting {
    async fn new() -> Self {
        let graph = Graph::new("one");
        let backend = MemoryBackend::new();
        graph.fill(&backend.store("from")).await;
        Self { graph, backend }
    }

    async fn copy(&self, way: Way, fault: Option<Fault>) -> (Result<(), Comes>, Journal) {
        let client = client(Duration::from_secs(60));
        let registry = Registry::new(&self.backend, client, FaultOptions::default()).await;
        if let Some(fault) = fault {
            registry.server.inject(fault);
        }
        let (from, to) = (registry.repository("from"), registry.repository("app"));
        let copied = way.copy(&from, &to).await.map(drop);
        drop((from, to));
        let copied = copied.map_err(|error| Comes::To(error.operation, error.side, *error.source.kind()));
        (copied, registry.end().await)
    }

    async fn check(&self, way: Way, fault: Fault, ends: Ends) {
        let (copied, journal) = self.copy(way, Some(fault)).await;
        let store = self.backend.store("app");
        let seen = look(&store, &self.graph).await;
        match ends {
            Ends::Sent(blobs) => {
                assert_eq!(copied, Ok(()));
                assert!(seen.is_tagged && seen.whole(&self.graph.index));
                assert_eq!(sent(&journal), blobs);
            }
            Ends::Fails(comes) => assert_eq!(copied, Err(comes)),
        }
        let (again, journal) = self.copy(way, None).await;
        assert_eq!(again, Ok(()));
        assert_eq!(sent(&journal), 0, "what can be mounted need not be sent");
        let seen = look(&store, &self.graph).await;
        assert!(seen.is_tagged && seen.whole(&self.graph.index));
    }
}

/// Returns how many blobs were uploaded. After a false mount, every blob of the manifest is sent, because it is
/// unknown which exist.
fn sent(journal: &Journal) -> usize {
    journal.count(|entry| {
        entry.route == Route::Upload && entry.method == Method::PUT && entry.status.is_success()
    })
}

macro_rules! mounts {
    ($(fn $name:ident($graph:pat) { $fault:expr => $once:expr, $always:expr })*) => {$(
        mod $name {
            use super::*;

            fn fault($graph: &Graph) -> Fault {
                $fault
            }

            #[tokio::test]
            async fn copy() {
                let mounting = Mounting::new().await;
                mounting.check(Way::Plain, fault(&mounting.graph), $once).await;
            }

            #[tokio::test]
            async fn extended_copy() {
                let mounting = Mounting::new().await;
                mounting.check(Way::Extended, fault(&mounting.graph), $once).await;
            }

            #[tokio::test]
            async fn resumed() {
                let mounting = Mounting::new().await;
                mounting.check(Way::Plain, fault(&mounting.graph).always(), $always).await;
            }
        }
    )*};
}

fn at_mount(graph: &Graph, fault: Fault) -> Fault {
    fault.on_route(Route::Uploads).on_digest(&graph.large.digest)
}

mounts! {
    fn a_mount_is_denied(graph) {
        at_mount(graph, Fault::status(403)) => Ends::Sent(1), Ends::Sent(1)
    }
    fn a_mount_is_unknown(graph) {
        at_mount(graph, Fault::status(404)) => Ends::Sent(1), Ends::Sent(1)
    }
    fn a_mount_is_no_method(graph) {
        at_mount(graph, Fault::status(405)) => Ends::Sent(1), Ends::Sent(1)
    }
    fn a_mount_is_a_page(graph) {
        at_mount(graph, Fault::html()) => Ends::Sent(1), Ends::Sent(1)
    }
    fn a_mount_is_unavailable(graph) {
        at_mount(graph, Fault::status(503)) => Ends::Sent(0), Ends::Sent(1)
    }
    fn a_mount_is_not_answered(graph) {
        at_mount(graph, Fault::lose_answer()) => Ends::Sent(0), Ends::Fails(destination(Mount, GONE))
    }
    fn a_mount_is_claimed(graph) {
        at_mount(graph, Fault::status(201)) => Ends::Sent(3), Ends::Sent(3)
    }
    fn every_upload_is_refused(_) {
        Fault::status(403).on_route(Route::Uploads) => Ends::Sent(1), Ends::Fails(destination(Push, Denied))
    }
}

#[tokio::test]
async fn a_registry_that_claims_every_blob_is_found_out() {
    let mounting = Mounting::new().await;
    let claims = Fault::status(201).on_route(Route::Uploads).always();
    let fails = Ends::Fails(destination(Push, Protocol));
    mounting.check(Way::Plain, claims, fails).await;
}
