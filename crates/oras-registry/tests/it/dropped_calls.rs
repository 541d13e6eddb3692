//! F20: every call can be dropped at any time. Nothing continues in the background, and its permit is released.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use futures_util::TryStreamExt;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderName, LOCATION};
use http::{HeaderValue, Method};
use http_body_util::BodyExt;
use oras_content::{
    Deleter, Descriptor, ImageManifest, Location, PredecessorFinder, PushOptions, ReferrerLister, StoreExt,
    TagListOptions, TagLister, Untagger, Verified, Writer, WriterExt,
};
use oras_registry::{CatalogOptions, Client, ClientOptions, Registry, Repository};
use oras_transport::{Error, LimitLayer, Request, Response, ResponseBody};
use tower::Layer;

use crate::place::{quick, text};

type Done = Pin<Box<dyn Future<Output = bool> + Send>>;
type Call = fn(Registry, Repository) -> Done;

fn blob() -> Verified {
    Verified::of(text(), "a blob")
}

fn manifest() -> Verified {
    let mut manifest = ImageManifest::new(Descriptor::empty_json().plain());
    manifest.layers = vec![blob().descriptor().clone()];
    manifest.to_content()
}

/// A registry that has everything requested, and takes a few polls for each answer.
async fn answer(request: Request) -> Result<Response, Error> {
    let (head, body) = request.into_parts();
    tokio::task::yield_now().await;
    // A body that cannot be read is ignored.
    let _ = body.collect().await;
    tokio::task::yield_now().await;
    let path = head.uri.path();
    let manifest = manifest();
    let kind = manifest.descriptor().media_type.as_str();
    let (status, kind, body): (u16, &str, Bytes) = match (&head.method, path) {
        (&Method::POST, _) => (202, "text/plain", Bytes::new()),
        (&Method::PUT, _) => (201, "text/plain", Bytes::new()),
        (&Method::DELETE, _) => (202, "text/plain", Bytes::new()),
        (_, path) if path.contains("/manifests/") => (200, kind, manifest.bytes().clone()),
        (_, path) if path.contains("/blobs/") => (200, "application/octet-stream", blob().bytes().clone()),
        (_, path) if path.contains("/referrers/") => {
            let index =
                r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}"#;
            (
                200,
                "application/vnd.oci.image.index.v1+json",
                Bytes::from_static(index.as_bytes()),
            )
        }
        (_, path) if path.ends_with("/tags/list") => (
            200,
            "application/json",
            Bytes::from_static(br#"{"tags":["v1","v2"]}"#),
        ),
        (_, path) if path.ends_with("/_catalog") => (
            200,
            "application/json",
            Bytes::from_static(br#"{"repositories":["app"]}"#),
        ),
        _ => (200, "application/json", Bytes::from_static(b"{}")),
    };
    let len = body.len();
    let body = if head.method == Method::HEAD {
        Bytes::new()
    } else {
        body
    };
    let mut response = Response::new(ResponseBody::from(body));
    *response.status_mut() = status.try_into().unwrap();
    let headers: [(HeaderName, String); 3] = [
        (CONTENT_TYPE, kind.to_owned()),
        (CONTENT_LENGTH, len.to_string()),
        (LOCATION, "/v2/app/blobs/uploads/1".to_owned()),
    ];
    for (name, value) in headers {
        response
            .headers_mut()
            .insert(name, HeaderValue::try_from(value).unwrap());
    }
    Ok(response)
}

/// A client of that registry that sends one request at a time, with a counter of its requests.
fn client() -> (Client, Arc<AtomicUsize>) {
    let sent = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&sent);
    let service = tower::service_fn(move |request: Request| {
        count.fetch_add(1, Ordering::SeqCst);
        answer(request)
    });
    let service = LimitLayer::new(1).layer(service);
    let options = ClientOptions::default().with_retry(quick());
    (Client::from_service(service, options), sent)
}

/// All calls that wait.
fn calls() -> Vec<(&'static str, Call)> {
    vec![
        ("ping", |registry, _| {
            Box::pin(async move { registry.ping().await.is_ok() })
        }),
        ("repositories", |registry, _| {
            Box::pin(async move {
                let listed = registry.repositories(CatalogOptions::default());
                listed.try_collect::<Vec<_>>().await.is_ok()
            })
        }),
        ("resolve", |_, app| {
            Box::pin(async move { app.resolve("v1").await.is_ok() })
        }),
        ("fetch a manifest", |_, app| {
            Box::pin(async move { app.fetch_all(manifest().descriptor(), 1000).await.is_ok() })
        }),
        ("fetch a blob", |_, app| {
            Box::pin(async move { app.fetch_all(blob().descriptor(), 1000).await.is_ok() })
        }),
        ("whether it is there", |_, app| {
            Box::pin(async move {
                use oras_content::Store;
                app.exists(blob().descriptor()).await.is_ok()
                    && app.exists(manifest().descriptor()).await.is_ok()
            })
        }),
        ("push a blob", |_, app| {
            Box::pin(async move { app.push(blob().descriptor(), blob()).await.is_ok() })
        }),
        ("push a manifest", |_, app| {
            Box::pin(async move { app.push(manifest().descriptor(), manifest()).await.is_ok() })
        }),
        ("offer, with a mount", |_, app| {
            Box::pin(async move {
                let from = Location {
                    repository: "other".to_owned(),
                    ..oras_content::Store::location(&app).unwrap()
                };
                let options = PushOptions::default().with_mount_from([from]);
                app.offer(blob().descriptor(), &options).await.is_ok()
            })
        }),
        ("tag", |_, app| {
            Box::pin(async move { app.tag(manifest().descriptor(), "v2").await.is_ok() })
        }),
        ("untag", |_, app| {
            Box::pin(async move { app.untag(&"v1".parse().unwrap()).await.is_ok() })
        }),
        ("list tags", |_, app| {
            Box::pin(async move {
                app.tags(TagListOptions::default())
                    .try_collect::<Vec<_>>()
                    .await
                    .is_ok()
            })
        }),
        ("list referrers", |_, app| {
            Box::pin(async move {
                let listed = app.referrers(manifest().descriptor(), None);
                listed.try_collect::<Vec<_>>().await.is_ok()
            })
        }),
        ("find predecessors", |_, app| {
            Box::pin(async move { app.predecessors(manifest().descriptor()).await.is_ok() })
        }),
        ("delete", |_, app| {
            Box::pin(async move {
                app.delete(blob().descriptor()).await.is_ok()
                    && app.delete(manifest().descriptor()).await.is_ok()
            })
        }),
    ]
}

/// Polls a call this many times and drops it. Returns whether it had ended before.
async fn dropped_after(call: Call, polls: usize) -> bool {
    let (client, sent) = client();
    let app = client.repository("registry.example/app").unwrap();
    let registry = client.registry("registry.example").unwrap();
    let mut call = call(registry, app.clone());
    let mut ended = false;
    for _ in 0..polls {
        if let Poll::Ready(is_ok) = futures_util::poll!(&mut call) {
            assert!(is_ok, "it fails");
            ended = true;
            break;
        }
        tokio::time::advance(Duration::from_millis(1)).await;
    }
    drop(call);
    let before = sent.load(Ordering::SeqCst);
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert_eq!(sent.load(Ordering::SeqCst), before, "something goes on");
    let next = tokio::time::timeout(Duration::from_secs(60), app.resolve("v1")).await;
    next.expect("its place is not free").unwrap();
    client.cancel_uploads().await;
    ended
}

#[tokio::test(start_paused = true)]
async fn every_call_can_be_dropped_at_any_poll() {
    for (name, call) in calls() {
        let mut polls = 0;
        while !dropped_after(call, polls).await {
            polls += 1;
            assert!(polls < 1000, "{name} does not end");
        }
        assert!(polls > 2, "{name} waits for nothing");
    }
}
