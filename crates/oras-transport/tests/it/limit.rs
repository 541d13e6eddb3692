//! How many exchanges are under way at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::join_all;
use oras_transport::{Body, LimitLayer, Request, ResponseBody};
use tower::{Layer, ServiceExt};

use crate::double::request;

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
    service.oneshot(request("GET", url, &[])).await.unwrap();
}
