//! How many exchanges are under way at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use futures_util::{FutureExt, StreamExt};
use oras_transport::{Body, BoxError, LimitLayer, Request, ResponseBody, TransportOptions, base};
use tower::{Layer, ServiceExt};

use crate::double::{Double, answer, request};
use crate::server::{Server, bare, reply};

#[tokio::test]
async fn a_place_is_held_until_the_body_is_gone() {
    let now = Arc::new(AtomicUsize::new(0));
    let most = Arc::new(AtomicUsize::new(0));
    let service = {
        let (now, most) = (Arc::clone(&now), Arc::clone(&most));
        tower::service_fn(move |_: Request| {
            let count = now.fetch_add(1, Ordering::SeqCst) + 1;
            most.fetch_max(count, Ordering::SeqCst);
            std::future::ready(Ok::<_, oras_transport::Error>(http::Response::new(
                ResponseBody::empty(),
            )))
        })
    };
    let service = LimitLayer::new(3).layer(service);
    let exchanges = (0..20).map(|_| {
        let (service, now) = (service.clone(), Arc::clone(&now));
        async move {
            let response = service
                .oneshot(request("GET", "https://reg.example/", &[]))
                .await
                .unwrap();
            tokio::task::yield_now().await;
            now.fetch_sub(1, Ordering::SeqCst);
            drop(response);
        }
    });
    join_all(exchanges).await;
    assert_eq!(most.load(Ordering::SeqCst), 3);
}

/// An upload whose body is the answer of another request to the same origin must not wait for itself.
#[tokio::test]
async fn an_upload_does_not_take_the_place_of_its_own_source() {
    let service = tower::service_fn(|_: Request| {
        std::future::ready(Ok::<_, oras_transport::Error>(http::Response::new(
            ResponseBody::empty(),
        )))
    });
    let service = LimitLayer::new(1).layer(service);
    let url = "https://reg.example/";
    let mut put = request("PUT", url, &[]);
    *put.body_mut() = Body::once(None, Box::pin(futures_util::stream::empty()));
    let _upload = service.clone().oneshot(put).await.unwrap();
    let download = service.oneshot(request("GET", url, &[])).now_or_never();
    download.expect("it need not wait").unwrap();
}

fn read(url: &str) -> Request {
    request("GET", url, &[])
}

fn stream(url: &str) -> Request {
    let mut put = request("PUT", url, &[]);
    *put.body_mut() = Body::once(None, futures_util::stream::empty().boxed());
    put
}

/// Nothing but dropping the body gives a place back, and each origin has its own.
#[tokio::test]
async fn the_next_exchange_waits_for_the_body_before_it() {
    let double = Double::default();
    let service = LimitLayer::new(1).layer(double.answering(|_, _| Ok(answer(200, &[]))));
    let url = "https://reg.example/";
    for of in [read, stream] {
        let first = service.clone().oneshot(of(url)).await.unwrap();
        let mut second = Box::pin(service.clone().oneshot(of(url)));
        assert!((&mut second).now_or_never().is_none());
        let other = service.clone().oneshot(of("https://reg.example:444/"));
        assert!(other.now_or_never().is_some());
        drop(first);
        drop(second.await.unwrap());
    }
    assert_eq!(double.seen().len(), 6);
}

/// A place is not lost with an exchange that failed or that nobody waited for.
#[tokio::test]
async fn a_failure_gives_its_place_back() {
    let double = Double::default();
    let service = LimitLayer::new(1).layer(double.answering(|number, _| match number {
        0 => Err(oras_transport::Error::TooManyRedirects {
            url: "x".into(),
            limit: 1,
        }),
        _ => Ok(answer(200, &[])),
    }));
    let get = || {
        service
            .clone()
            .oneshot(request("GET", "https://reg.example/", &[]))
    };
    get().await.unwrap_err();
    let held = get().await.unwrap();
    let mut given_up = Box::pin(get());
    assert!((&mut given_up).now_or_never().is_none());
    drop(given_up);
    drop(held);
    assert!(get().now_or_never().is_some());
}

/// A copy within one registry, with one exchange at a time: the download ends only as the upload takes it.
#[tokio::test]
async fn a_download_can_be_uploaded_to_where_it_comes_from() {
    let content = vec![b'x'; 4 << 20];
    let served = content.clone();
    let server = Server::start(move |_, seen| match seen.head.starts_with("get ") {
        true => reply(200, &[], &served),
        false => bare(201, &[]),
    })
    .await;
    let service = base(&TransportOptions::default().with_max_in_flight_per_origin(1)).unwrap();
    let get = request("GET", &server.url("/from"), &[]);
    let source = service
        .clone()
        .oneshot(get)
        .await
        .unwrap()
        .into_body()
        .into_stream();
    let mut put = request("PUT", &server.url("/to"), &[]);
    let source = source.map(|part| part.map_err(BoxError::from)).boxed();
    *put.body_mut() = Body::once(Some(4 << 20), source);
    // Only so that a deadlock fails instead of hanging.
    let copied = tokio::time::timeout(Duration::from_secs(60), service.oneshot(put)).await;
    assert_eq!(copied.unwrap().unwrap().status(), 201);
    assert!(server.received()[1].body == content);
}
