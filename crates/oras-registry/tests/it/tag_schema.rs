//! Referrers in an index under a tag: concurrent writers, and pushes with tags.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::TryStreamExt;
use http::{HeaderValue, Method, StatusCode};
use oras_content::{
    Descriptor, Digest, ErrorKind, ImageManifest, MediaType, PushOptions, ReferrerLister, StoreExt, Verified,
    Writer, WriterExt,
};
use oras_registry::{Client, ClientOptions};
use oras_server::ServerOptions;
use oras_transport::{Error, Request, Response, ResponseBody};

use crate::place::{Place, push};

fn subject() -> Verified {
    ImageManifest::new(Descriptor::empty_json()).to_content()
}

fn referrer() -> Verified {
    let mut manifest = ImageManifest::new(Descriptor::empty_json());
    manifest.subject = Some(subject().descriptor().clone());
    manifest.to_content()
}

/// A registry without a referrers API that accepts every manifest, and has lost the index a moment later.
fn forgetful(puts: &AtomicUsize, request: &Request) -> Response {
    let tag = subject().descriptor().digest.as_str().replace(':', "-");
    let mut response = Response::new(ResponseBody::empty());
    *response.status_mut() = match *request.method() {
        Method::PUT => StatusCode::CREATED,
        _ => StatusCode::NOT_FOUND,
    };
    if *request.method() == Method::GET
        && puts.load(Ordering::Relaxed) > 0
        && request.uri().path().ends_with(&tag)
    {
        let empty =
            br#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}"#;
        let media_type = HeaderValue::from_static("application/vnd.oci.image.index.v1+json");
        response = Response::new(ResponseBody::from(bytes::Bytes::from_static(empty)));
        response.headers_mut().insert("content-type", media_type);
    }
    let is_index = request.uri().path().ends_with(&tag) && *request.method() == Method::PUT;
    puts.fetch_add(usize::from(is_index), Ordering::Relaxed);
    response
}

#[tokio::test(start_paused = true)]
async fn an_index_that_others_keep_replacing_is_written_ten_times_and_given_up() {
    let puts: Arc<AtomicUsize> = Arc::default();
    let kept = Arc::clone(&puts);
    let service = tower::service_fn(move |request: Request| {
        let response = forgetful(&kept, &request);
        async move { Ok::<_, Error>(response) }
    });
    let client = Client::from_service(service, ClientOptions::default());
    let app = client.repository("reg.example/app").unwrap();
    let content = referrer();
    let descriptor = content.descriptor().clone();
    let error = app.push(&descriptor, content).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::NotListed, "{error:?}");
    assert_eq!(puts.load(Ordering::Relaxed), 10);
}

#[tokio::test]
async fn a_referrer_that_is_pushed_with_tags_is_listed_once() {
    for tags in [&["a"][..], &["a", "b", "c"]] {
        let place = Place::with(ServerOptions::default().with_referrers_api(false)).await;
        let app = place.repository("app");
        app.push_bytes(MediaType::OCI_EMPTY, "{}").await.unwrap();
        let subject = push(&app, subject()).await;
        let content = referrer();
        let descriptor = content.descriptor().clone();
        let options = tags.iter().fold(PushOptions::default(), |options, tag| {
            options.with_tag(tag.parse().unwrap())
        });
        app.push_opts(&descriptor, content.into(), options).await.unwrap();
        let listed: Vec<Descriptor> = place
            .repository("app")
            .referrers(&subject, None)
            .try_collect()
            .await
            .unwrap();
        let listed: Vec<Digest> = listed.into_iter().map(|entry| entry.digest).collect();
        assert_eq!(listed, std::slice::from_ref(&descriptor.digest), "{tags:?}");
        for tag in tags {
            assert_eq!(app.resolve(*tag).await.unwrap().digest, descriptor.digest);
        }
    }
}
