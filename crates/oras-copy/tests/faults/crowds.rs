//! Many concurrent copies into one destination.

use std::time::Duration;

use futures_util::future::join_all;
use hyper::Method;
use oras_content::ErrorKind::Denied;
use oras_content::StoreExt;
use oras_copy::{CopyOptions, copy};
use oras_memory::MemoryStore;
use oras_server::{MemoryBackend, Route};
use oras_server_faults::{Fault, FaultOptions};

use crate::case::assert_copied;
use crate::graph::Graph;
use crate::run::{Registry, Way, World, client};
use crate::whole::{look, missing};

const COPIES: usize = 8;

/// Eight clients copy the same graph to a destination with `fault`.
async fn at_once(way: Way, fault: Option<Fault>) {
    let world = World::new().await;
    let [from, to] = world.registries(None).await;
    if let Some(fault) = fault {
        to.server.inject(fault);
    }
    let copies = (0..COPIES).map(|_| async {
        let client = client(Duration::from_secs(60));
        let (source, app) = (
            from.repository_of(&client, "app"),
            to.repository_of(&client, "app"),
        );
        way.copy(&source, &app).await.unwrap();
    });
    join_all(copies).await;
    assert_copied(&look(&world.store(), &world.graph).await, &world, way);
}

#[tokio::test]
async fn copies_at_once_all_succeed() {
    at_once(Way::Plain, None).await;
}

#[tokio::test]
async fn extended_copies_at_once_all_succeed() {
    at_once(Way::Extended, None).await;
}

#[tokio::test]
async fn copies_at_once_share_a_bad_moment() {
    at_once(Way::Plain, Some(Fault::status(429).times(2))).await;
}

#[tokio::test]
async fn extended_copies_at_once_share_a_bad_moment() {
    at_once(Way::Extended, Some(Fault::status(429).times(2))).await;
}

#[tokio::test]
async fn copies_at_once_survive_a_lost_answer() {
    let push = Fault::lose_answer()
        .on_route(Route::Manifest)
        .on_method(Method::PUT);
    at_once(Way::Plain, Some(push.times(1))).await;
}

/// Different graphs with a common layer are copied from separate registries, one of which refuses its large layer.
#[tokio::test]
async fn a_copy_that_fails_takes_no_other_with_it() {
    let graphs: Vec<_> = (0..COPIES)
        .map(|number| Graph::new(&number.to_string()))
        .collect();
    let backend = MemoryBackend::new();
    let client = client(Duration::from_secs(60));
    let to = Registry::new(&backend, client.clone(), FaultOptions::default()).await;
    let app = to.repository("app");
    let copies = graphs.iter().enumerate().map(|(number, graph)| {
        let (client, app) = (client.clone(), &app);
        async move {
            let source = MemoryBackend::new();
            graph.fill(&source.store("app")).await;
            let from = Registry::new(&source, client, FaultOptions::default()).await;
            if number == 0 {
                let refused = Fault::status(403)
                    .on_route(Route::Blob)
                    .on_digest(&graph.large.digest);
                from.server.inject(refused.always());
            }
            let name = format!("v{number}");
            let source = from.repository("app");
            copy(&source, "v1", app, name.as_str(), &CopyOptions::default()).await
        }
    });
    let copied = join_all(copies).await;
    let store: MemoryStore = backend.store("app");
    for (number, (graph, copied)) in graphs.iter().zip(copied).enumerate() {
        let tagged = store.resolve(format!("v{number}").as_str()).await;
        let lacking = missing(&store, graph).await;
        match number {
            0 => {
                assert_eq!(*copied.unwrap_err().source.kind(), Denied);
                assert!(tagged.is_err() && lacking.contains(&graph.index.digest));
            }
            _ => {
                assert_eq!(copied.unwrap().digest, tagged.unwrap().digest);
                assert!(
                    graph
                        .reached(&graph.index)
                        .iter()
                        .all(|node| !lacking.contains(&node.digest))
                );
            }
        }
    }
}
