//! Transfers that fail midway.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::Method;
use oras_content::{
    Content, Deleter, Descriptor, ErrorKind, Location, MediaType, Offered, Payload, PushOptions, Pushed,
    Store, StoreExt, Untagger, Writer, WriterExt,
};
use oras_registry::Repository;
use oras_server::{Route, ServerOptions};
use oras_server_faults::{Fault, Redirect, To};

use crate::place::{Place, text};

fn large() -> Bytes {
    (0..300_000_u32)
        .flat_map(u32::to_le_bytes)
        .collect::<Vec<u8>>()
        .into()
}

#[tokio::test]
async fn a_download_goes_on_where_the_connection_broke() {
    let place = Place::new().await;
    let app = place.repository("app");
    let blob = app.push_bytes(text(), large()).await.unwrap();
    place.journal().clear();
    place.server.inject(Fault::reset(400_000).on_route(Route::Blob));
    place
        .server
        .inject(Fault::truncate(300_000).on_route(Route::Blob));
    let read = app.fetch_all(&blob, blob.size).await.unwrap();
    assert_eq!(read.bytes(), &large());
    let entries = place.journal().entries();
    assert_eq!(entries.len(), 3);
    assert!(
        entries[1..]
            .iter()
            .all(|entry| entry.request_headers.contains_key("range"))
    );
    let sent: u64 = entries.iter().map(|entry| entry.bytes_sent).sum();
    assert!(
        sent <= blob.size + 400_000,
        "{sent} bytes were sent for {}",
        blob.size
    );
}

#[tokio::test]
async fn a_download_that_breaks_often_arrives_as_long_as_it_gets_on() {
    let place = Place::new().await;
    let app = place.repository("app");
    let content: Bytes = large().repeat(3).into();
    let blob = app.push_bytes(text(), content.clone()).await.unwrap();
    place.journal().clear();
    let breaks = Fault::truncate(300_000).on_route(Route::Blob);
    place.server.inject(breaks.always());
    let read = app.fetch_all(&blob, blob.size).await.unwrap();
    assert_eq!(read.bytes(), &content);
    assert_eq!(place.journal().bytes_sent(), blob.size);
    assert_eq!(place.journal().requests(), 12);
}

/// Storage serves each signed address once: the next part is requested from the registry.
#[tokio::test]
async fn a_download_goes_on_at_a_new_address_where_the_old_one_has_expired() {
    let place = Place::with(ServerOptions::default().with_second_origin(true)).await;
    let app = place.repository("app");
    let blob = app.push_bytes(text(), large()).await.unwrap();
    let signed = Redirect::new(307, To::SecondOrigin).with_uses(1);
    place
        .server
        .inject(Fault::redirect(signed).on_route(Route::Blob).always());
    place
        .server
        .inject(Fault::truncate(500_000).on_storage().always());
    let read = app.fetch_all(&blob, blob.size).await.unwrap();
    assert_eq!(read.bytes(), &large());
    let storage = place.server.second_origin().unwrap().journal();
    assert_eq!((storage.requests(), storage.bytes_sent()), (3, blob.size));
}

#[tokio::test]
async fn a_download_that_gets_nowhere_ends() {
    let place = Place::new().await;
    let app = place.repository("app");
    let blob = app.push_bytes(text(), large()).await.unwrap();
    place
        .server
        .inject(Fault::reset(0).on_route(Route::Blob).always());
    let error = app.fetch_all(&blob, blob.size).await.unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::Unavailable { transient: true }),
        "{error:?}"
    );
}

#[tokio::test]
async fn an_altered_blob_is_refused() {
    let place = Place::new().await;
    let app = place.repository("app");
    let blob = app.push_bytes(text(), large()).await.unwrap();
    place.server.inject(Fault::flip(1000).on_route(Route::Blob));
    let error = app.fetch_all(&blob, blob.size).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Verify), "{error:?}");
}

#[tokio::test]
async fn what_passes_is_tried_again() {
    let place = Place::new().await;
    let app = place.repository("app");
    for status in [429, 500, 502, 503, 504] {
        place.server.inject(Fault::status(status));
    }
    let blob = app.push_bytes(text(), "hello").await.unwrap();
    place.server.inject(Fault::status(503).on_method(Method::PUT));
    app.push_bytes(text(), "again").await.unwrap();
    assert!(app.exists(&blob).await.unwrap());
}

#[tokio::test]
async fn an_upload_whose_session_was_lost_starts_again() {
    let place = Place::new().await;
    let app = place.repository("app");
    let fails = Fault::status(502).on_route(Route::Upload);
    place.server.inject(fails.on_method(Method::PUT).times(2));
    let blob = app.push_bytes(text(), large()).await.unwrap();
    assert!(app.exists(&blob).await.unwrap());
    assert_eq!(place.journal().count(|entry| entry.route == Route::Uploads), 3);
}

#[tokio::test]
async fn content_that_turns_out_to_be_other_is_not_pushed() {
    let place = Place::new().await;
    let app = place.repository("app");
    let expected = Descriptor::of(text(), b"promised");
    for wrong in [&b"altered!"[..], b"short", b"promised and more"] {
        let body = Payload::once(Content::new(
            stream::iter([Ok(Bytes::copy_from_slice(wrong))]),
            None,
        ));
        let error = app.push(&expected, body).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Verify), "{error:?}");
        assert!(!app.exists(&expected).await.unwrap());
    }
}

#[tokio::test]
async fn a_one_shot_body_is_sent_once() {
    let place = Place::new().await;
    let app = place.repository("app");
    let expected = Descriptor::of(text(), b"once");
    let body = || {
        Payload::once(Content::new(
            stream::iter([Ok(Bytes::from_static(b"once"))]),
            Some(4),
        ))
    };
    place.server.inject(Fault::status(503).on_method(Method::PUT));
    assert!(app.push(&expected, body()).await.unwrap_err().is_transient());
    app.push(&expected, body()).await.unwrap();
}

#[tokio::test]
async fn a_mount_that_is_refused_becomes_an_upload() {
    let place = Place::new().await;
    let (from, to) = (place.repository("from"), place.repository("to"));
    let blob = from.push_bytes(text(), "mount me").await.unwrap();
    assert!(matches!(mount(&to, "from", &blob).await, Offered::Mounted));

    for status in [400, 403, 404, 405] {
        let to = place.repository(&format!("to{status}"));
        place
            .server
            .inject(Fault::status(status).on_route(Route::Uploads));
        assert_eq!(mount_or_push(&from, &to, "from", &blob).await, Pushed::Stored);
        assert!(to.exists(&blob).await.unwrap());
    }
    let nowhere = place.repository("nowhere");
    assert_eq!(
        mount_or_push(&from, &nowhere, "unknown", &blob).await,
        Pushed::Stored
    );
}

async fn mount(to: &Repository, from: &str, blob: &Descriptor) -> Offered {
    let from = Location {
        repository: from.to_owned(),
        ..to.location().unwrap()
    };
    let options = PushOptions::default().with_mount_from([from]);
    to.offer(blob, &options).await.unwrap()
}

/// Handles a blob whose mount is refused, like a copy does.
async fn mount_or_push(from: &Repository, to: &Repository, name: &str, blob: &Descriptor) -> Pushed {
    let Offered::Wanted(upload) = mount(to, name, blob).await else {
        panic!("the mount was to be refused");
    };
    let body = Payload::from_store(Arc::new(from.clone()), blob.clone());
    let options = PushOptions::default().with_upload(upload);
    to.push_opts(blob, body, options).await.unwrap()
}

#[tokio::test]
async fn a_registry_that_refuses_the_probe_is_asked_in_two_requests() {
    let place = Place::new().await;
    let app = place.repository("app");
    place.server.inject(Fault::status(405).on_route(Route::Uploads));
    app.push_bytes(text(), "one").await.unwrap();
    place.journal().clear();
    app.push_bytes(text(), "two").await.unwrap();
    let methods: Vec<Method> = place
        .journal()
        .entries()
        .into_iter()
        .map(|entry| entry.method)
        .collect();
    assert_eq!(methods, [Method::HEAD, Method::POST, Method::PUT]);
    let two = Descriptor::of(text(), b"two");
    let again = app.push(&two, Bytes::from_static(b"two")).await;
    assert_eq!(again.unwrap(), Pushed::Present);
}

#[tokio::test]
async fn sha512_content_comes_back() {
    let place = Place::new().await;
    let app = place.repository("app");
    let digest = oras_content::Algorithm::Sha512.digest(b"strong");
    let blob = Descriptor::new(text(), digest, 6);
    app.push(&blob, Bytes::from_static(b"strong")).await.unwrap();
    assert_eq!(app.fetch_all(&blob, 10).await.unwrap().bytes(), "strong");
}

#[tokio::test]
async fn a_range_of_a_blob_is_all_that_is_sent() {
    let place = Place::new().await;
    let app = place.repository("app");
    let blob = app.push_bytes(text(), large()).await.unwrap();
    place.journal().clear();
    let mut content = app.fetch_range(&blob, 1000..1100).await.unwrap().content;
    let mut read = Vec::new();
    while let Some(frame) = content.next().await {
        read.extend_from_slice(&frame.unwrap());
    }
    assert_eq!(read, large()[1000..1100]);
    assert_eq!(place.journal().bytes_sent(), 100);
}

#[tokio::test]
async fn a_blob_is_described_by_its_digest() {
    let place = Place::new().await;
    let app = place.repository("app");
    let blob = app.push_bytes(text(), "hello").await.unwrap();
    assert_eq!(app.resolve_blob(&blob.digest).await.unwrap().size, 5);
    let absent = oras_content::Digest::sha256(b"absent");
    assert!(app.resolve_blob(&absent).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn a_manifest_beyond_the_limit_is_refused() {
    let place = Place::new().await;
    let app = place.repository("app");
    place.server.inject(
        Fault::oversized(5 * 1024 * 1024)
            .on_route(Route::Manifest)
            .always(),
    );
    let fetched = app.fetch_named("v1", oras_content::MAX_MANIFEST_BYTES).await;
    let error = fetched.unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::SizeExceedsLimit { .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_page_of_html_is_no_manifest_and_no_success() {
    let place = Place::new().await;
    let app = place.repository("app");
    place.server.inject(Fault::html().always());
    assert!(matches!(app.resolve("v1").await, Err(error) if matches!(error.kind(), ErrorKind::Protocol)));
    let pushed = app.push_bytes(text(), "hello").await;
    assert!(
        matches!(&pushed, Err(error) if matches!(error.kind(), ErrorKind::Protocol | ErrorKind::Verify)),
        "{pushed:?}"
    );
    let manifest = oras_content::ImageManifest::new(Descriptor::empty_json()).to_content();
    let pushed = app.push(&manifest.descriptor().clone(), manifest).await;
    assert!(
        matches!(&pushed, Err(error) if matches!(error.kind(), ErrorKind::Protocol)),
        "{pushed:?}"
    );
}

/// A web server instead of a registry: nothing was deleted.
#[tokio::test]
async fn a_page_of_html_is_no_deletion() {
    let place = Place::new().await;
    let app = place.repository("app");
    let blob = app.push_bytes(text(), "hello").await.unwrap();
    app.push_bytes(MediaType::OCI_EMPTY, "{}").await.unwrap();
    let content = oras_content::ImageManifest::new(Descriptor::empty_json()).to_content();
    let manifest = content.descriptor().clone();
    app.push(&manifest, content).await.unwrap();
    place
        .server
        .inject(Fault::html().on_method(Method::DELETE).always());
    for target in [&blob, &manifest] {
        let error = app.delete(target).await.unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Protocol, "{error:?}");
    }
    let error = app.untag(&"v1".parse().unwrap()).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Unsupported, "{error:?}");
    assert!(app.exists(&blob).await.unwrap() && app.exists(&manifest).await.unwrap());
}

#[tokio::test]
async fn missing_layers_are_told_apart_from_a_missing_repository() {
    let place = Place::new().await;
    let app = place.repository("app");
    let layer = Descriptor::of(text(), b"never pushed");
    let mut manifest = oras_content::ImageManifest::new(Descriptor::empty_json());
    manifest.layers = vec![layer];
    let manifest = manifest.to_content();
    let error = app
        .push(&manifest.descriptor().clone(), manifest)
        .await
        .unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::MissingContent), "{error:?}");
}
