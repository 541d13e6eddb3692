//! Uploads to a registry that fails at every step.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::Method;
use oras_content::{
    Descriptor, Error, ErrorKind, Location, Offered, OpenOptions, Opened, Payload, PushOptions, Pushed,
    Reopen, Result, Store, Writer, WriterExt,
};
use oras_registry::{Client, ClientOptions, RegistryOptions, Repository};
use oras_server::Route;
use oras_server_faults::{Entry, Fault};
use oras_transport::TransportOptions;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::hostile::{Scripted, answer};
use crate::place::{Place, quick, text};

fn methods(place: &Place) -> Vec<Method> {
    let entries = place.journal().entries();
    entries.into_iter().map(|entry| entry.method).collect()
}

fn source(content: &'static str) -> (Descriptor, Payload) {
    (
        Descriptor::of(text(), content.as_bytes()),
        Bytes::from_static(content.as_bytes()).into(),
    )
}

#[tokio::test]
async fn a_lost_answer_to_the_start_of_an_upload_does_not_fail_the_push() {
    let place = Place::new().await;
    let app = place.repository("app");
    for fault in [Fault::lose_answer(), Fault::status(502), Fault::reset_answer(10)] {
        let (blob, body) = source("opened twice");
        let app = place.repository(&format!("app{}", place.journal().requests()));
        place.server.inject(fault.on_route(Route::Uploads));
        assert_eq!(app.push(&blob, body).await.unwrap(), Pushed::Stored);
        assert!(app.exists(&blob).await.unwrap());
    }
    let (blob, body) = source("opened after all repetitions");
    place
        .server
        .inject(Fault::status(502).on_route(Route::Uploads).times(7));
    assert_eq!(app.push(&blob, body).await.unwrap(), Pushed::Stored);
}

#[tokio::test]
async fn a_lost_answer_to_the_end_of_an_upload_sends_no_bytes_again() {
    let place = Place::new().await;
    let app = place.repository("app");
    let (blob, body) = source("arrived, unanswered");
    place.server.inject(
        Fault::lose_answer()
            .on_route(Route::Upload)
            .on_method(Method::PUT),
    );
    assert_eq!(app.push(&blob, body).await.unwrap(), Pushed::Stored);
    assert_eq!(methods(&place), [Method::POST, Method::PUT, Method::POST]);
    assert_eq!(place.journal().bytes_received(), blob.size);
}

/// A gateway refuses the bytes, and before the next attempt another client has pushed the blob.
#[tokio::test]
async fn an_upload_that_was_refused_is_ended_where_the_blob_came_another_way() {
    let is_asked = AtomicBool::new(false);
    let server = Scripted::new(move |head| match head.split(' ').next() {
        Some("POST") if is_asked.swap(true, Ordering::Relaxed) => answer("201 Created", "", ""),
        Some("POST") => answer("202 Accepted", "Location: /v2/app/blobs/uploads/1\r\n", ""),
        Some("PUT") => answer("503 Service Unavailable", "", ""),
        _ => answer("204 No Content", "", ""),
    })
    .await;
    let app = server.repository(RegistryOptions::default());
    let (blob, body) = source("brought by somebody else");
    assert_eq!(app.push(&blob, body).await.unwrap(), Pushed::Stored);
    let heads = server.heads();
    let last = heads.last().unwrap();
    assert!(last.starts_with("DELETE /v2/app/blobs/uploads/1 "), "{heads:#?}");
}

/// A source whose content is lost.
struct Gone;

#[async_trait]
impl Reopen for Gone {
    async fn open(&self, _opts: OpenOptions) -> Result<Opened> {
        Err(Error::not_found("the source's blob"))
    }
}

#[tokio::test]
async fn a_source_that_fails_teaches_nothing_about_the_registry() {
    let place = Place::new().await;
    let app = place.repository("app");
    let lost = Descriptor::of(text(), b"lost");
    let error = app
        .push(&lost, Payload::reopen(Arc::new(Gone), Some(4)))
        .await
        .unwrap_err();
    assert!(
        *error.kind() == ErrorKind::Payload && error.inner().unwrap().is_not_found(),
        "{error:?}"
    );
    // One query and one cancellation.
    assert_eq!(methods(&place), [Method::POST, Method::DELETE]);

    place.journal().clear();
    let (blob, body) = source("the next one");
    app.push(&blob, body).await.unwrap();
    assert_eq!(methods(&place), [Method::POST, Method::PUT]);
}

/// A source that cannot be read for now, like a busy registry.
struct Busy;

#[async_trait]
impl Reopen for Busy {
    async fn open(&self, _opts: OpenOptions) -> Result<Opened> {
        Err(Error::unavailable("the source's blob", true, "it is busy"))
    }
}

#[tokio::test]
async fn a_source_that_fails_for_now_ends_the_upload_at_once() {
    let place = Place::new().await;
    let busy = Descriptor::of(text(), b"busy");
    let payload = Payload::reopen(Arc::new(Busy), Some(4));
    let error = place.repository("app").push(&busy, payload).await.unwrap_err();
    assert!(
        *error.kind() == ErrorKind::Payload && error.is_transient(),
        "{error:?}"
    );
    assert_eq!(methods(&place), [Method::POST, Method::DELETE]);
}

#[tokio::test]
async fn an_upload_does_not_start_again_before_the_time_that_the_registry_asks_for() {
    let place = Place::new().await;
    let (blob, body) = source("in an hour");
    let limited = Fault::rate_limited("3600").on_route(Route::Upload);
    place.server.inject(limited.on_method(Method::PUT).always());
    let error = place.repository("app").push(&blob, body).await.unwrap_err();
    let retry_after = Some(Duration::from_secs(3600));
    assert_eq!(*error.kind(), ErrorKind::RateLimited { retry_after });
    assert_eq!(methods(&place), [Method::POST, Method::PUT, Method::DELETE]);
}

#[tokio::test]
async fn a_session_that_was_lost_once_changes_no_habit() {
    let place = Place::new().await;
    let app = place.repository("app");
    let (first, body) = source("the registry mounts and takes blobs as usual");
    app.push(&first, body).await.unwrap();
    place.server.inject(
        Fault::lose_session()
            .on_route(Route::Upload)
            .on_method(Method::PUT),
    );
    let (blob, body) = source("lost on the way");
    assert_eq!(app.push(&blob, body).await.unwrap(), Pushed::Stored);
    place.journal().clear();
    let (blob, body) = source("as before");
    app.push(&blob, body).await.unwrap();
    assert_eq!(methods(&place), [Method::POST, Method::PUT]);
}

#[tokio::test]
async fn a_forced_push_sends_what_is_there_and_does_not_ask() {
    let place = Place::new().await;
    let app = place.repository("app");
    let (blob, body) = source("again");
    app.push(&blob, body.clone()).await.unwrap();
    assert_eq!(app.push(&blob, body.clone()).await.unwrap(), Pushed::Present);
    place.journal().clear();
    let forced = app
        .push_opts(&blob, body, PushOptions::default().with_force(true))
        .await;
    assert_eq!(forced.unwrap(), Pushed::Stored);
    let entries = place.journal().entries();
    assert_eq!(methods(&place), [Method::POST, Method::PUT]);
    assert!(!entries[0].path.contains("mount"), "{entries:?}");
    assert_eq!(place.journal().bytes_received(), blob.size);
}

/// A client that waits a tenth of a second for an answer.
fn impatient() -> Client {
    let transport = TransportOptions::default().with_head_timeout(Duration::from_millis(100));
    let options = ClientOptions::default()
        .with_retry(quick())
        .with_transport(transport);
    Client::new(options).unwrap()
}

fn repository(place: &Place, client: &Client) -> Repository {
    let reference = oras_content::Reference::new(&place.server.registry(), "app").unwrap();
    client
        .repository_with(&reference, RegistryOptions::default())
        .unwrap()
}

/// A registry that never answers the `PUT` of a blob, and reports the blob from the second query on. It counts
/// `PUT`s.
async fn storing_slowly() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (puts, heads) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&puts);
    tokio::spawn(async move {
        let mut unanswered = Vec::new();
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut head = vec![0; 4096];
            let read = socket.read(&mut head).await.unwrap_or(0);
            let answer = match &head[..read] {
                [b'P', b'U', ..] => {
                    counted.fetch_add(1, Ordering::SeqCst);
                    unanswered.push(socket);
                    continue;
                }
                [b'H', ..] if heads.fetch_add(1, Ordering::SeqCst) == 0 => "404 Not Found",
                [b'H', ..] => "200 OK",
                _ => "202 Accepted\r\nlocation: /v2/app/blobs/uploads/1",
            };
            let answer = format!("HTTP/1.1 {answer}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
            socket.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    (address, puts)
}

#[tokio::test]
async fn a_blob_that_is_stored_slowly_is_not_sent_again() {
    let (address, puts) = storing_slowly().await;
    let reference = oras_content::Reference::new(&address, "app").unwrap();
    let app = impatient()
        .repository_with(&reference, RegistryOptions::default())
        .unwrap();
    let (blob, body) = source("");
    assert_eq!(app.push(&blob, body).await.unwrap(), Pushed::Stored);
    assert_eq!(puts.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn an_upload_that_is_given_up_can_be_cancelled() {
    let place = Place::new().await;
    let client = impatient();
    let app = repository(&place, &client);
    let (blob, body) = source("interrupted");
    place
        .server
        .inject(Fault::hang().on_route(Route::Upload).on_method(Method::PUT));
    let push = tokio::time::timeout(Duration::from_millis(50), app.push(&blob, body));
    assert!(push.await.is_err());
    client.cancel_uploads().await;
    let cancelled =
        |entry: &oras_server_faults::Entry| entry.method == Method::DELETE && entry.status.is_success();
    assert_eq!(place.journal().count(cancelled), 1);
    client.cancel_uploads().await;
    assert_eq!(place.journal().count(|entry| entry.method == Method::DELETE), 1);
}

async fn mount(app: &Repository, blob: &Descriptor) -> Offered {
    let other = Location {
        repository: "other".into(),
        ..app.location().unwrap()
    };
    let options = PushOptions::default().with_mount_from([other]);
    app.offer(blob, &options).await.unwrap()
}

#[tokio::test]
async fn what_a_refused_mount_opened_is_cancelled_unless_it_was_used() {
    let place = Place::new().await;
    let client = impatient();
    let app = repository(&place, &client);
    let (blob, body) = source("used");
    let Offered::Wanted(upload) = mount(&app, &blob).await else {
        panic!("there is nothing to mount");
    };
    app.push_opts(&blob, body, PushOptions::default().with_upload(upload))
        .await
        .unwrap();
    let (unused, _) = source("unused");
    mount(&app, &unused).await;
    client.cancel_uploads().await;
    assert_eq!(place.journal().count(|entry| entry.method == Method::DELETE), 1);
}

#[tokio::test]
async fn an_upload_that_cannot_be_cancelled_for_now_is_cancelled_a_little_later() {
    for fault in [
        Fault::status(503),
        Fault::rate_limited("0"),
        Fault::close_request(0),
    ] {
        let place = Place::new().await;
        let (unused, _) = source("unused");
        mount(&place.repository("app"), &unused).await;
        place.server.inject(fault.on_method(Method::DELETE));
        place.client.cancel_uploads().await;
        let cancelled = |entry: &Entry| entry.method == Method::DELETE && entry.status.is_success();
        assert_eq!(place.journal().count(cancelled), 1);
    }
}

#[tokio::test]
async fn every_fault_of_an_upload_ends_in_the_blob_or_in_an_error() {
    let faults: [fn() -> Fault; 12] = [
        || Fault::status(500),
        || Fault::status(503),
        || Fault::status(404),
        || Fault::status(403),
        || Fault::rate_limited("0"),
        || Fault::html(),
        || Fault::close_request(3),
        || Fault::reset_request(3),
        || Fault::keep(3),
        || Fault::lose_answer(),
        || Fault::wrong_digest(),
        || Fault::close_answer(5),
    ];
    let mut cases = Vec::new();
    for (number, fault) in faults.into_iter().enumerate() {
        for route in [Route::Uploads, Route::Upload] {
            for times in [1, 2, u64::MAX] {
                cases.push(async move {
                    let (pushed, is_there) = push_with(fault().on_route(route).times(times)).await;
                    let case = format!("fault {number} on {route:?}, {times} times: {pushed:?}");
                    assert!(pushed.is_err() || is_there, "{case}");
                });
            }
        }
    }
    futures_util::future::join_all(cases).await;
}

/// Pushes with this fault. Returns the result, and whether the blob is stored.
async fn push_with(fault: Fault) -> (Result<Pushed>, bool) {
    let place = Place::new().await;
    let app = place.repository("app");
    let (blob, body) = source("all or nothing, and the truth");
    place.server.inject(fault);
    let pushed = app.push(&blob, body).await;
    let is_there = place.repository("app").exists(&blob).await.unwrap();
    (pushed, is_there)
}

fn other(app: &Repository, name: &str) -> Location {
    Location {
        repository: name.into(),
        ..app.location().unwrap()
    }
}

#[tokio::test]
async fn a_push_mounts_from_where_it_may() {
    let place = Place::new().await;
    let app = place.repository("app");
    let (blob, body) = source("mounted by a push");
    place.repository("there").push(&blob, body.clone()).await.unwrap();
    place.journal().clear();

    let options = PushOptions::default().with_mount_from([other(&app, "empty"), other(&app, "there")]);
    let pushed = app.push_opts(&blob, body.clone(), options.clone()).await.unwrap();

    assert_eq!(pushed, Pushed::Mounted);
    assert!(app.exists(&blob).await.unwrap());
    // The first mount opened an upload, which is cancelled.
    assert_eq!(methods(&place)[..3], [Method::POST, Method::POST, Method::DELETE]);

    let (blob, body) = source("not mounted by a push");
    place.journal().clear();
    assert_eq!(app.push_opts(&blob, body, options).await.unwrap(), Pushed::Stored);
    assert_eq!(
        methods(&place),
        [Method::POST, Method::POST, Method::DELETE, Method::PUT]
    );
}

#[tokio::test]
async fn an_upload_of_another_repository_is_not_used() {
    let place = Place::new().await;
    let (app, elsewhere) = (place.repository("app"), place.repository("elsewhere"));
    let (blob, body) = source("goes where it should");
    let Offered::Wanted(upload) = mount(&elsewhere, &blob).await else {
        panic!("there is nothing to mount");
    };
    let options = PushOptions::default().with_upload(upload);
    assert_eq!(app.push_opts(&blob, body, options).await.unwrap(), Pushed::Stored);
    assert!(app.exists(&blob).await.unwrap());
    assert!(!elsewhere.exists(&blob).await.unwrap());
}

#[tokio::test]
async fn a_mount_that_fails_ends_what_it_opened() {
    let place = Place::new().await;
    let app = place.repository("app");
    let (blob, _) = source("neither here nor there");
    let options = PushOptions::default().with_mount_from([other(&app, "empty"), other(&app, "No Name")]);
    app.offer(&blob, &options).await.unwrap_err();
    assert_eq!(methods(&place), [Method::POST, Method::DELETE]);
}

#[tokio::test]
async fn an_upload_that_is_not_needed_is_ended() {
    let place = Place::new().await;
    let client = impatient();
    let app = repository(&place, &client);
    let (blob, _) = source("never sent");
    let Offered::Wanted(Some(upload)) = mount(&app, &blob).await else {
        panic!("a refused mount opens an upload");
    };
    app.abandon(upload).await;
    client.cancel_uploads().await;
    assert_eq!(methods(&place), [Method::POST, Method::DELETE]);
}

#[tokio::test]
async fn a_blob_of_another_length_is_pushed_anew() {
    let place = Place::new().await;
    let app = place.repository("app");
    let (blob, body) = source("cut short by somebody");
    // A registry that refuses a mount from the repository itself is asked by HEAD.
    place.server.inject(Fault::status(405).on_route(Route::Uploads));
    place.server.inject(
        Fault::content_length(["3"])
            .on_route(Route::Blob)
            .on_method(Method::HEAD)
            .always(),
    );
    app.push(&blob, body.clone()).await.unwrap();
    assert_eq!(app.push(&blob, body).await.unwrap(), Pushed::Stored);
}
