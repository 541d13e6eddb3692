//! Registries that refuse connections, from the start or during a copy.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use oras_copy::Operation::{Exists, Resolve};
use oras_copy::Side;
use tokio::sync::Notify;

use crate::case::{Comes, GONE, check_resumption};
use crate::run::{Way, World};
use crate::whole::look;

/// One side is down before the copy begins.
async fn gone(way: Way, side: Side) {
    let world = World::new().await;
    let [from, to] = world.registries(None).await;
    let (source, app) = (from.repository("app"), to.repository("app"));
    let (stays, operation) = match side {
        Side::Source => {
            drop(from);
            (to, Resolve)
        }
        Side::Destination => {
            drop(to);
            (from, Exists)
        }
    };
    let error = way.copy(&source, &app).await.unwrap_err();
    let is = Comes::To(error.operation, error.side, *error.source.kind());
    assert_eq!(is, Comes::To(operation, side, GONE));
    drop((source, app));
    stays.end().await;
    assert!(!look(&world.store(), &world.graph).await.is_tagged);
    check_resumption(&world, way).await;
}

#[tokio::test]
async fn a_copy_from_where_nobody_listens_is_told() {
    gone(Way::Plain, Side::Source).await;
}

#[tokio::test]
async fn an_extended_copy_from_where_nobody_listens_is_told() {
    gone(Way::Extended, Side::Source).await;
}

#[tokio::test]
async fn a_copy_to_where_nobody_listens_is_told() {
    gone(Way::Plain, Side::Destination).await;
}

#[tokio::test]
async fn an_extended_copy_to_where_nobody_listens_is_told() {
    gone(Way::Extended, Side::Destination).await;
}

/// The destination goes down for good after it has answered six requests.
async fn goes(way: Way) {
    let world = World::new().await;
    let leaves = Arc::new(Notify::new());
    let (notify, answered) = (Arc::clone(&leaves), AtomicUsize::new(0));
    let observer = move |_: &_| {
        if answered.fetch_add(1, Ordering::SeqCst) + 1 == 6 {
            notify.notify_one();
        }
    };
    let [from, to] = world.registries(Some(Arc::new(observer))).await;
    let (source, app) = (from.repository("app"), to.repository("app"));
    let leaving = async {
        leaves.notified().await;
        drop(to);
    };
    let (copied, ()) = tokio::join!(way.copy(&source, &app), leaving);
    let error = copied.unwrap_err();
    assert_eq!(
        (error.side, *error.source.kind()),
        (Side::Destination, GONE),
        "{error:?}"
    );
    drop((source, app));
    from.end().await;
    assert!(!look(&world.store(), &world.graph).await.is_tagged);
    check_resumption(&world, way).await;
}

#[tokio::test]
async fn a_copy_to_a_registry_that_goes_away_is_resumed() {
    goes(Way::Plain).await;
}

#[tokio::test]
async fn an_extended_copy_to_a_registry_that_goes_away_is_resumed() {
    goes(Way::Extended).await;
}
