//! A source that changes between a failed copy and the next one.

use hyper::Method;
use oras_content::ErrorKind::{Denied, NotFound};
use oras_content::{Deleter, StoreExt, WriterExt};
use oras_copy::Operation::{Fetch, Push};
use oras_copy::Side;
use oras_server::Route;
use oras_server_faults::Fault;

use crate::bill;
use crate::case::{assert_copied, check_resumption, check_run, destination, source};
use crate::graph::Graph;
use crate::run::{Way, World};
use crate::whole::{look, missing};

/// Runs a copy that fails after everything except the index is copied.
async fn stopped_before_the_root(way: Way) -> World {
    let world = World::new().await;
    let root = Fault::status(403)
        .on_route(Route::Manifest)
        .on_method(Method::PUT)
        .nth(3);
    let run = world.run(way, Side::Destination, Some(root)).await;
    check_run(&world, way, &run, destination(Push, Denied)).await;
    world
}

/// The tag moves before the second run, which copies only what is new.
async fn the_tag_moves(way: Way) {
    let mut world = stopped_before_the_root(way).await;
    let next = Graph::new("two");
    next.fill(&world.from.store("app")).await;
    let before = std::mem::replace(&mut world.graph, next);
    let lacking = missing(&world.store(), &world.graph).await;
    assert!(!lacking.contains(&world.graph.shared.digest));
    let again = world.run(way, Side::Source, None).await;
    assert_eq!(again.outcome.unwrap().digest, world.graph.index.digest);
    assert_eq!(again.bills, bill::expected(&world.graph, way, &lacking));
    assert_copied(&look(&world.store(), &world.graph).await, &world, way);
    let left = missing(&world.store(), &before).await;
    assert!(
        left.contains(&before.index.digest),
        "nobody asked for it any more"
    );
}

#[tokio::test]
async fn a_copy_whose_tag_moved_copies_what_it_names_now() {
    the_tag_moves(Way::Plain).await;
}

#[tokio::test]
async fn an_extended_copy_whose_tag_moved_copies_what_it_names_now() {
    the_tag_moves(Way::Extended).await;
}

/// The source loses a blob the destination lacks, and gets it back.
async fn a_blob_is_lost(way: Way) {
    let world = World::new().await;
    let from = world.from.store("app");
    let large = from.fetch_all(&world.graph.large, 1 << 20).await.unwrap();
    from.delete(&world.graph.large).await.unwrap();
    let run = world.run(way, Side::Source, None).await;
    check_run(&world, way, &run, source(Fetch, NotFound)).await;
    from.push(&world.graph.large, large).await.unwrap();
    check_resumption(&world, way).await;
}

#[tokio::test]
async fn a_copy_of_a_blob_that_was_lost_is_resumed_when_it_is_back() {
    a_blob_is_lost(Way::Plain).await;
}

#[tokio::test]
async fn an_extended_copy_of_a_blob_that_was_lost_is_resumed_when_it_is_back() {
    a_blob_is_lost(Way::Extended).await;
}

/// The source loses a blob that the destination already has. That does not matter.
async fn a_copied_blob_is_lost(way: Way) {
    let world = stopped_before_the_root(way).await;
    world.from.store("app").delete(&world.graph.large).await.unwrap();
    check_resumption(&world, way).await;
}

#[tokio::test]
async fn a_copy_does_not_miss_a_lost_blob_that_it_copied_before() {
    a_copied_blob_is_lost(Way::Plain).await;
}

#[tokio::test]
async fn an_extended_copy_does_not_miss_a_lost_blob_that_it_copied_before() {
    a_copied_blob_is_lost(Way::Extended).await;
}
