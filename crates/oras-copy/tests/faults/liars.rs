//! A destination that claims content it lacks, or loses content it had.

use std::sync::Arc;

use futures_util::FutureExt;
use hyper::Method;
use oras_content::ErrorKind::MissingContent;
use oras_content::{Deleter, Descriptor, Store, StoreExt, WriterExt};
use oras_copy::Operation::Push;
use oras_copy::{CopyOptions, Recheck, copy};
use oras_memory::MemoryStore;
use oras_server::Route;
use oras_server_faults::{Entry, Fault};

use crate::bill::Bill;
use crate::case::{assert_copied, check_resumption, check_run, destination, through};
use crate::graph::Graph;
use crate::run::{Observer, Run, Way, World};
use crate::whole::look;

faults! { once, always;
    fn a_blob_is_claimed(graph) Destination {
        Fault::status(201).on_route(Route::Uploads).on_digest(&graph.large.digest)
            => through(0, 2), through(0, 2)
    }
    fn a_layer_of_two_images_is_claimed(graph) Destination {
        Fault::status(201).on_route(Route::Uploads).on_digest(&graph.shared.digest)
            => through(0, 3), through(0, 3)
    }
}

/// Deletes the large layer from `store` whenever `loses` returns `true`.
fn losing(graph: &Graph, store: MemoryStore, loses: fn(&Entry, &Descriptor) -> bool) -> Observer {
    let large = graph.large.clone();
    Arc::new(move |entry| {
        if loses(entry, &large) {
            store.delete(&large).now_or_never().unwrap().unwrap();
        }
    })
}

async fn run(world: &World, way: Way, observer: Observer) -> Run {
    let [from, to] = world.registries(Some(observer)).await;
    let outcome = way.copy(&from.repository("app"), &to.repository("app")).await;
    Run {
        outcome,
        bills: [Bill::of(&from.end().await), Bill::of(&to.end().await)],
    }
}

/// The blob exists when it is queried, but not when its manifest is pushed.
async fn loses_between_question_and_push(way: Way) {
    let world = World::new().await;
    let large = world
        .from
        .store("app")
        .fetch_all(&world.graph.large, 1 << 20)
        .await
        .unwrap();
    world.store().push(&world.graph.large, large).await.unwrap();
    let loses = |entry: &Entry, large: &Descriptor| {
        entry.route == Route::Uploads && entry.status == 201 && entry.path.contains(large.digest.encoded())
    };
    let observer = losing(&world.graph, world.store(), loses);
    let run = run(&world, way, observer).await;
    check_run(&world, way, &run, through(0, 2)).await;
    check_resumption(&world, way).await;
}

#[tokio::test]
async fn a_blob_that_is_lost_between_question_and_push_is_sent_by_a_copy() {
    loses_between_question_and_push(Way::Plain).await;
}

#[tokio::test]
async fn a_blob_that_is_lost_between_question_and_push_is_sent_by_an_extended_copy() {
    loses_between_question_and_push(Way::Extended).await;
}

/// The manifest is refused because of the missing blob, and again after the blob was sent again.
async fn loses_all_the_time(way: Way) {
    let world = World::new().await;
    let loses = |entry: &Entry, large: &Descriptor| {
        let is_stored = entry.route == Route::Upload && entry.status == 201;
        is_stored && entry.path.contains(large.digest.encoded())
    };
    let observer = losing(&world.graph, world.store(), loses);
    let run = run(&world, way, observer).await;
    check_run(&world, way, &run, destination(Push, MissingContent)).await;
    check_resumption(&world, way).await;
}

#[tokio::test]
async fn a_blob_that_is_lost_all_the_time_ends_a_copy() {
    loses_all_the_time(Way::Plain).await;
}

#[tokio::test]
async fn a_blob_that_is_lost_all_the_time_ends_an_extended_copy() {
    loses_all_the_time(Way::Extended).await;
}

/// If a registry accepts an index without its manifests, only a look at them finds out.
#[tokio::test]
async fn a_manifest_that_is_claimed_is_copied_where_claims_are_verified() {
    let world = World::new().await;
    let amd64 = &world.graph.amd64;
    let [from, to] = world.registries(None).await;
    let claim = Fault::oversized(amd64.size)
        .with_header("content-type", amd64.media_type.as_str())
        .with_header("docker-content-digest", amd64.digest.as_str());
    to.server
        .inject(claim.on_method(Method::HEAD).on_digest(&amd64.digest).always());
    let app = to.repository("app");
    assert!(app.exists(amd64).await.unwrap(), "it is claimed");
    let options = CopyOptions::default().with_recheck(Recheck::Verify);
    copy(&from.repository("app"), "v1", &app, "v1", &options)
        .await
        .unwrap();
    assert_copied(&look(&world.store(), &world.graph).await, &world, Way::Plain);
}
