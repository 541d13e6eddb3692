//! How many exchanges are under way at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use futures_util::{FutureExt, StreamExt};
use oras_transport::{
    Body, BoxError, Error, HttpService, LimitLayer, Request, Response, ResponseBody, TransportOptions, base,
};
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

/// A limit before a server that answers after a second, with the status that the path names.
#[derive(Default)]
struct Slow {
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Slow {
    fn behind(self: &Arc<Self>, limit: LimitLayer) -> HttpService {
        let slow = Arc::clone(self);
        HttpService::new(limit.layer(tower::service_fn(move |request: Request| {
            let slow = Arc::clone(&slow);
            async move {
                let now = slow.now.fetch_add(1, Ordering::SeqCst) + 1;
                slow.most.fetch_max(now, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_secs(1)).await;
                slow.now.fetch_sub(1, Ordering::SeqCst);
                let mut response = Response::new(ResponseBody::empty());
                let status: u16 = request.uri().path().trim_start_matches('/').parse().unwrap();
                *response.status_mut() = status.try_into().unwrap();
                Ok::<_, Error>(response)
            }
        })))
    }

    /// How many of `count` requests are under way at once, all of which are answered with `status`.
    async fn wave(&self, service: &HttpService, count: usize, status: u16) -> usize {
        self.most.store(0, Ordering::SeqCst);
        let url = format!("https://reg.example/{status}");
        let exchanges = (0..count).map(|_| async {
            // Its place is free once the answer is gone.
            service.clone().oneshot(read(&url)).await.map(drop).unwrap();
        });
        join_all(exchanges).await;
        self.most.load(Ordering::SeqCst)
    }
}

#[tokio::test(start_paused = true)]
async fn an_origin_that_asks_for_patience_gets_half_and_slowly_more_again() {
    for status in [429, 503] {
        let slow = Arc::new(Slow::default());
        let service = slow.behind(LimitLayer::new(64));
        assert_eq!(slow.wave(&service, 16, 200).await, 16);
        // All of one wave count once.
        assert_eq!(slow.wave(&service, 16, status).await, 16);
        assert_eq!(slow.wave(&service, 8, 200).await, 8);
        assert_eq!(slow.wave(&service, 9, 404).await, 9);
        assert_eq!(slow.wave(&service, 40, 200).await, 12);
    }
}

#[tokio::test(start_paused = true)]
async fn an_origin_that_goes_on_refusing_gets_one_at_a_time() {
    let slow = Arc::new(Slow::default());
    let service = slow.behind(LimitLayer::new(64));
    for most in [32, 16, 8, 4, 2, 1, 1] {
        assert_eq!(slow.wave(&service, most, 503).await, most);
    }
    // It takes 1 + 2 + 3 + 4 answers to get to five.
    slow.wave(&service, 10, 200).await;
    assert_eq!(slow.wave(&service, 5, 200).await, 5);
}

#[tokio::test(start_paused = true)]
async fn requests_are_evenly_spaced_where_there_is_a_limit_a_second() {
    let start = tokio::time::Instant::now();
    let slow = Arc::new(Slow::default());
    let service = slow.behind(LimitLayer::new(64).with_max_per_second(10));
    let urls = ["reg", "reg", "reg", "other", "reg"].map(|host| format!("https://{host}.example/200"));
    let answered = join_all(urls.iter().map(|url| async {
        service.clone().oneshot(read(url)).await.unwrap();
        start.elapsed().as_millis()
    }));
    assert_eq!(answered.await, [1000, 1100, 1200, 1000, 1300]);
}
