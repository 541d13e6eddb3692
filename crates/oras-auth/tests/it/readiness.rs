//! When the layer is ready, and which service a request goes to.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::FutureExt;
use http::Method;
use oras_auth::{Auth, AuthLayer, AuthOptions, NoCredentials};
use oras_transport::{Error, HttpService, Request};
use tower::limit::{ConcurrencyLimit, ConcurrencyLimitLayer};
use tower::{Layer, Service, ServiceExt};

use crate::double::{Counting, Double, alice, request};
use crate::fake::{Fake, Rules};

const URL: &str = "https://reg.example/v2/a/blobs/x";

fn get() -> Request {
    request(Method::GET, URL, Some("repository:a:pull"))
}

/// A service that takes so many requests at once, and panics when one comes without having been polled ready.
fn limited(double: &Double, places: usize) -> Auth<ConcurrencyLimit<HttpService>> {
    let http = ConcurrencyLimitLayer::new(places).layer(double.http());
    AuthLayer::new(Counting::new(alice()), AuthOptions::default()).layer(http)
}

#[tokio::test(start_paused = true)]
async fn the_layer_is_ready_when_the_inner_service_is() {
    let fake = Fake::new(Rules::default());
    let mut first = limited(&fake.double, 1);
    // A service that waits for the place stands in line for it, so each of these is a clone of its own.
    let is_another_ready = |auth: &Auth<_>| auth.clone().ready().now_or_never().is_some();
    first.ready().await.unwrap();
    assert!(!is_another_ready(&first), "the one place is taken");
    first.call(get()).await.unwrap();
    assert!(is_another_ready(&first), "and given back");
}

/// One place is enough, whatever a request turns into: a challenge, a look-up and a token, a known registry.
#[tokio::test(start_paused = true)]
async fn readiness_is_not_held_while_something_else_is_waited_for() {
    for places in [1, 2] {
        let fake = Fake::new(Rules {
            expires_in: Some(300),
            ..Rules::default()
        });
        let http = limited(&fake.double, places);
        for _ in 0..2 {
            let one = || async {
                let mut http = http.clone();
                http.ready().await.unwrap().call(get()).await.unwrap().status()
            };
            let all = futures_util::future::join_all((0..8).map(|_| one()));
            let statuses = tokio::time::timeout(Duration::from_secs(60), all).await.unwrap();
            assert!(statuses.iter().all(|status| status.is_success()), "{statuses:?}");
            fake.revoke_all();
            tokio::time::sleep(Duration::from_secs(300)).await;
        }
    }
}

#[derive(Clone)]
struct Broken;

impl Service<Request> for Broken {
    type Response = oras_transport::Response;
    type Error = Error;
    type Future = std::future::Pending<Result<Self::Response, Error>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Err(Error::Configuration {
            what: "broken".into(),
            source: None,
        }))
    }

    fn call(&mut self, _request: Request) -> Self::Future {
        panic!("it is not ready");
    }
}

#[tokio::test]
async fn a_service_that_cannot_get_ready_is_not_called() {
    let auth = AuthLayer::new(Arc::new(NoCredentials), AuthOptions::default());
    let error = auth.layer(Broken).oneshot(get()).await.unwrap_err();
    assert!(matches!(error, oras_auth::Error::Transport(_)), "{error}");
}
