//! Headers of the caller's own, bound to an origin.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use http::{HeaderMap, HeaderValue};
use oras_transport::{HeaderLayer, Origin, OriginHeaders, TransportOptions, base};
use tower::{Layer, ServiceExt};

use crate::double::{Double, answer, request};
use crate::server::{Server, bare};

fn own(value: &'static str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("x-own", HeaderValue::from_static(value));
    headers
}

/// The registry sends a read to a second server, and gets the header; the second server does not.
#[tokio::test]
async fn a_header_goes_to_its_origin_and_not_to_where_that_redirects() {
    let storage = Server::start(|_, _| bare(200, &[])).await;
    let location = storage.url("/blob");
    let registry = Server::start(move |_, _| bare(307, &[("location", &location)])).await;
    let origin: Origin = registry.url("/").parse().unwrap();
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let options = TransportOptions::default().with_headers(origin.clone(), move |asked: &Origin| {
        assert_eq!(*asked, origin);
        counted.fetch_add(1, Ordering::SeqCst);
        own("registry")
    });
    let http = base(&options).unwrap();
    for _ in 0..2 {
        let url = registry.url("/v2/a/blobs/x");
        let answered = http.clone().oneshot(request("GET", &url, &[])).await.unwrap();
        assert_eq!(answered.status(), 200);
        answered.into_body().drain().await;
    }
    let to_registry: Vec<_> = registry.received();
    assert!(
        to_registry
            .iter()
            .all(|seen| seen.header("x-own") == Some("registry"))
    );
    assert_eq!((to_registry.len(), calls.load(Ordering::SeqCst)), (2, 2));
    let to_storage = storage.received();
    assert_eq!(to_storage.len(), 2);
    assert!(
        to_storage.iter().all(|seen| !seen.head.contains("x-own")),
        "{to_storage:?}"
    );
}

/// As for credentials: a server that the request was sent to does not lead it back with the headers.
#[tokio::test]
async fn a_header_is_not_added_again_where_another_server_leads_back() {
    let double = Double::default();
    let service = double.answering(|number, _| {
        Ok(match number {
            0 => answer(307, &[("location", "https://other.example/x")]),
            1 => answer(307, &[("location", "https://reg.example/elsewhere")]),
            _ => answer(200, &[]),
        })
    });
    let origin: Origin = "https://reg.example".parse().unwrap();
    let layer = HeaderLayer::new().with_headers(origin.clone(), |_: &Origin| own("hook"));
    let redirecting = oras_transport::RedirectLayer::new().layer(layer.layer(service));
    let mut get = request("GET", "https://reg.example/v2/", &[]);
    get.extensions_mut()
        .insert(OriginHeaders::new(origin, own("extension")));
    redirecting.oneshot(get).await.unwrap();
    let sent = double
        .seen()
        .into_iter()
        .map(|seen| seen.headers.get("x-own").cloned());
    let sent: Vec<_> = sent.collect();
    assert_eq!(sent, [Some(HeaderValue::from_static("extension")), None, None]);
}

/// Whoever sends the request on to another server, the headers in its extensions stay behind.
#[tokio::test]
async fn headers_of_a_request_are_bound_to_their_origin() {
    let double = Double::default();
    let service = HeaderLayer::new().layer(double.answering(|_, _| Ok(answer(200, &[]))));
    let bound = OriginHeaders::new("https://reg.example".parse().unwrap(), own("extension"));
    for url in [
        "https://reg.example/",
        "https://reg.example:444/",
        "http://reg.example/",
        "https://other.example/",
    ] {
        let mut get = request("GET", url, &[]);
        get.extensions_mut().insert(bound.clone());
        service.clone().oneshot(get).await.unwrap();
    }
    let sent: Vec<_> = double
        .seen()
        .iter()
        .map(|seen| seen.headers.contains_key("x-own"))
        .collect();
    assert_eq!(sent, [true, false, false, false]);
    assert!(!format!("{bound:?}").contains("extension"));
}

#[tokio::test]
async fn a_header_that_is_there_or_frames_the_message_is_left_alone() {
    let double = Double::default();
    let service = double.answering(|_, _| Ok(answer(200, &[])));
    let origin: Origin = "https://reg.example".parse().unwrap();
    let layer = HeaderLayer::new().with_headers(origin, |_: &Origin| {
        let mut headers = own("hook");
        headers.append("x-two", HeaderValue::from_static("1"));
        headers.append("x-two", HeaderValue::from_static("2"));
        for framing in ["host", "content-length", "transfer-encoding", "connection"] {
            headers.insert(framing, HeaderValue::from_static("7"));
        }
        headers
    });
    let get = request("GET", "https://reg.example/v2/", &[("x-own", "caller")]);
    layer.layer(service).oneshot(get).await.unwrap();
    let headers = double.seen().remove(0).headers;
    assert_eq!(headers["x-own"], "caller");
    assert_eq!(headers.get_all("x-two").iter().count(), 2);
    assert!(headers["x-two"].is_sensitive());
    assert_eq!(headers.len(), 3, "{headers:?}");
}
