//! Copies dropped midway: nothing is stored without its children, and a second run moves the rest.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;

use hyper::Method;
use oras_server::Route;
use oras_server_faults::Fault;
use tokio::sync::Notify;

use crate::case::check_resumption;
use crate::graph::LARGE;
use crate::run::{Observer, Way, World};
use crate::whole::look;

/// Returns an observer, and a notification for when the destination has answered `last` requests.
fn counting(last: usize) -> (Arc<Notify>, Observer) {
    let reached = Arc::new(Notify::new());
    let (notify, answered) = (Arc::clone(&reached), AtomicUsize::new(0));
    let observer = move |_: &_| {
        if answered.fetch_add(1, Ordering::SeqCst) + 1 == last {
            notify.notify_one();
        }
    };
    (reached, Arc::new(observer))
}

/// Drops a copy as soon as the destination has answered this many requests.
async fn kill(way: Way, last: usize) {
    let world = World::new().await;
    let (reached, observer) = counting(last);
    let [from, to] = world.registries(Some(observer)).await;
    let (source, app) = (from.repository("app"), to.repository("app"));
    tokio::select! {
        biased;
        () = reached.notified() => {}
        copied = way.copy(&source, &app) => panic!("it ended before it was killed: {copied:?}"),
    }
    drop((source, app));
    from.end().await;
    to.end().await;
    check_resumption(&world, way).await;
}

macro_rules! killed {
    ($($name:ident = $last:literal),*) => {
        mod copy {
            $(#[tokio::test]
            async fn $name() {
                super::kill(super::Way::Plain, $last).await;
            })*
        }

        mod extended_copy {
            $(#[tokio::test]
            async fn $name() {
                super::kill(super::Way::Extended, $last).await;
            })*
        }
    };
}

killed! {
    after_1_request = 1, after_2_requests = 2, after_3_requests = 3, after_4_requests = 4, after_5_requests = 5,
    after_6_requests = 6, after_7_requests = 7, after_8_requests = 8, after_9_requests = 9, after_10_requests = 10,
    after_11_requests = 11, after_12_requests = 12, after_13_requests = 13
}

/// Drops a copy after this many polls. Returns whether it had ended.
async fn poll(world: &World, way: Way, mut polls: usize) -> bool {
    let [from, to] = world.registries(None).await;
    let (source, app) = (from.repository("app"), to.repository("app"));
    let ended = {
        let mut copying = pin!(way.copy(&source, &app));
        poll_fn(|cx| {
            if polls == 0 {
                return Poll::Ready(false);
            }
            polls -= 1;
            copying.as_mut().poll(cx).map(|copied| copied.is_ok())
        })
        .await
    };
    drop((source, app));
    from.end().await;
    to.end().await;
    ended
}

async fn dropped_at_every_poll(way: Way) {
    for polls in 0.. {
        let world = World::new().await;
        let ended = poll(&world, way, polls).await;
        check_resumption(&world, way).await;
        if ended {
            return;
        }
        assert!(polls < 1000, "the copy never ends");
    }
}

#[tokio::test]
async fn a_copy_that_is_dropped_at_every_poll_is_resumed() {
    dropped_at_every_poll(Way::Plain).await;
}

#[tokio::test]
async fn an_extended_copy_that_is_dropped_at_every_poll_is_resumed() {
    dropped_at_every_poll(Way::Extended).await;
}

/// Drops a copy during an upload, and cancels the upload.
async fn cancel(way: Way) {
    let world = World::new().await;
    let [from, to] = world.registries(None).await;
    let upload = Fault::hang().on_route(Route::Upload).on_method(Method::PUT);
    to.server.inject(upload.on_digest(&world.graph.large.digest));
    let journal = to.server.journal();
    // Nothing else has this many bytes.
    let is_under_way = async {
        while journal.bytes_received() < LARGE {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    let (source, app) = (from.repository("app"), to.repository("app"));
    tokio::select! {
        () = is_under_way => {}
        copied = way.copy(&source, &app) => panic!("it ended before it was cancelled: {copied:?}"),
    }
    drop((source, app));
    to.client.cancel_uploads().await;
    let cancelled = journal.count(|entry| entry.method == Method::DELETE && entry.status.is_success());
    assert!(cancelled >= 1, "{:?}", journal.counts());
    from.end().await;
    to.end().await;
    let seen = look(&world.store(), &world.graph).await;
    assert!(!seen.is_tagged, "the tag came before the large layer");
    check_resumption(&world, way).await;
}

#[tokio::test]
async fn a_copy_that_is_cancelled_while_it_uploads_is_resumed() {
    cancel(Way::Plain).await;
}

#[tokio::test]
async fn an_extended_copy_that_is_cancelled_while_it_uploads_is_resumed() {
    cancel(Way::Extended).await;
}
