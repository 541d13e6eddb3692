//! Layers over services that are not always ready.

use std::future::{Ready, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::FutureExt;
use oras_transport::{
    Error, HeaderLayer, LimitLayer, RedirectLayer, Request, Response, RetryLayer, TraceLayer,
};
use tower::buffer::Buffer;
use tower::limit::ConcurrencyLimit;
use tower::load_shed::LoadShed;
use tower::util::BoxCloneSyncService;
use tower::{Layer, Service, ServiceExt};

use crate::double::{answer, request};

const URL: &str = "https://reg.example/v2/";

type Wrap = fn(Inner) -> BoxCloneSyncService<Request, Response, Error>;

/// Each layer alone, over a service.
const LAYERS: [(&str, Wrap); 5] = [
    ("trace", |inner| {
        BoxCloneSyncService::new(TraceLayer::new().layer(inner))
    }),
    ("retry", |inner| {
        BoxCloneSyncService::new(RetryLayer::default().layer(inner))
    }),
    ("redirect", |inner| {
        BoxCloneSyncService::new(RedirectLayer::new().layer(inner))
    }),
    ("headers", |inner| {
        BoxCloneSyncService::new(HeaderLayer::new().layer(inner))
    }),
    ("limit", |inner| {
        BoxCloneSyncService::new(LimitLayer::new(8).layer(inner))
    }),
];

type Inner = BoxCloneSyncService<Request, Response, Error>;

fn boxed<S>(service: S) -> Inner
where
    S: Service<Request, Response = Response, Error = Error> + Clone + Send + Sync + 'static,
    S::Future: Send + 'static,
{
    BoxCloneSyncService::new(service)
}

/// Never ready.
#[derive(Clone)]
struct Busy;

impl Service<Request> for Busy {
    type Response = Response;
    type Error = Error;
    type Future = Ready<Result<Response, Error>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Pending
    }

    fn call(&mut self, _request: Request) -> Self::Future {
        panic!("called while it was not ready")
    }
}

/// Ready when polled, once for each call; a clone is not ready because the original is. Answers from a script of
/// statuses.
struct Strict {
    is_ready: bool,
    calls: Arc<AtomicUsize>,
    statuses: &'static [u16],
}

impl Strict {
    fn new(statuses: &'static [u16]) -> Self {
        Self {
            is_ready: false,
            calls: Arc::default(),
            statuses,
        }
    }
}

impl Clone for Strict {
    fn clone(&self) -> Self {
        Self {
            is_ready: false,
            calls: Arc::clone(&self.calls),
            statuses: self.statuses,
        }
    }
}

impl Service<Request> for Strict {
    type Response = Response;
    type Error = Error;
    type Future = Ready<Result<Response, Error>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.is_ready = true;
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _request: Request) -> Self::Future {
        assert!(
            std::mem::take(&mut self.is_ready),
            "called without being polled ready"
        );
        let number = self.calls.fetch_add(1, Ordering::SeqCst);
        let status = self.statuses.get(number).or(self.statuses.last()).unwrap();
        ready(Ok(answer(*status, &[("location", "/v2/next")])))
    }
}

#[tokio::test]
async fn a_service_that_is_never_ready_is_shed() {
    for (name, wrap) in LAYERS {
        let mut shedding = LoadShed::new(wrap(boxed(Busy)));
        let call = shedding.ready().await.unwrap().call(request("GET", URL, &[]));
        let error = call.now_or_never().expect(name).expect_err(name);
        assert!(
            error.is::<tower::load_shed::error::Overloaded>(),
            "{name}: {error}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn every_call_is_preceded_by_readiness_of_the_same_service() {
    for (name, wrap) in LAYERS {
        let statuses: &[u16] = match name {
            "retry" => &[503, 503, 200],
            "redirect" => &[302, 307, 200],
            _ => &[200],
        };
        let strict = Strict::new(statuses);
        let calls = Arc::clone(&strict.calls);
        let mut service = wrap(boxed(strict));
        for _ in 0..2 {
            let answered = service
                .ready()
                .await
                .unwrap()
                .call(request("GET", URL, &[]))
                .await;
            assert_eq!(answered.unwrap().status(), 200, "{name}");
        }
        assert_eq!(calls.load(Ordering::SeqCst), statuses.len() + 1, "{name}");
    }
}

/// Answers after a minute.
#[derive(Clone)]
struct Slow;

impl Service<Request> for Slow {
    type Response = Response;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Error>> + Send>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _request: Request) -> Self::Future {
        Box::pin(async {
            tokio::time::sleep(Duration::from_secs(60)).await;
            Ok(answer(200, &[]))
        })
    }
}

/// A limit below a layer is seen above it, before a request is given to it.
#[tokio::test(start_paused = true)]
async fn a_concurrency_limit_below_is_seen_above() {
    for (name, wrap) in LAYERS {
        let mut shedding = LoadShed::new(wrap(boxed(ConcurrencyLimit::new(Slow, 1))));
        let first = shedding.ready().await.unwrap().call(request("GET", URL, &[]));
        let second = shedding.ready().await.unwrap().call(request("GET", URL, &[]));
        let refused = second.now_or_never().expect(name).expect_err(name);
        assert!(refused.is::<tower::load_shed::error::Overloaded>(), "{name}");
        assert_eq!(first.await.unwrap().status(), 200, "{name}");
        let third = shedding.ready().await.unwrap().call(request("GET", URL, &[]));
        assert_eq!(third.await.unwrap().status(), 200, "{name}");
    }
}

/// A buffer that is full is not ready; what it took is sent once there is room.
#[tokio::test(start_paused = true)]
async fn a_buffer_above_fills_while_the_service_below_is_busy() {
    for (name, wrap) in LAYERS {
        let mut buffered = Buffer::new(wrap(boxed(ConcurrencyLimit::new(Slow, 1))), 1);
        let first = buffered.ready().await.unwrap().call(request("GET", URL, &[]));
        tokio::task::yield_now().await;
        let waiting = buffered.ready().await.unwrap().call(request("GET", URL, &[]));
        tokio::task::yield_now().await;
        let queued = buffered.ready().await.unwrap().call(request("GET", URL, &[]));
        assert!(buffered.ready().now_or_never().is_none(), "{name}: it is full");
        for sent in [first, waiting, queued] {
            assert_eq!(sent.await.unwrap().status(), 200, "{name}");
        }
    }
}
