//! Failed mounts, which cost bytes but nothing else.

use bytes::Bytes;
use futures_util::future::join_all;
use oras_content::{Descriptor, Location, PushOptions, Pushed, Store, Writer, WriterExt};
use oras_registry::Repository;
use oras_server::Route;
use oras_server_faults::{Fault, Quirk};

use crate::place::{Place, text};
use crate::quirks::{repository, start};

/// Pushes a blob that may be mounted from `from`.
async fn push(to: &Repository, from: &str) -> oras_content::Result<Pushed> {
    let from = Location {
        repository: from.to_owned(),
        ..to.location().unwrap()
    };
    let options = PushOptions::default().with_mount_from([from]);
    let blob = Descriptor::of(text(), b"mount me");
    to.push_opts(&blob, Bytes::from_static(b"mount me").into(), options)
        .await
}

#[tokio::test]
async fn no_answer_to_a_mount_fails_a_push() {
    let statuses = [200, 400, 401, 403, 404, 405, 406, 409, 422, 500, 501, 502, 503];
    let pushes = statuses.map(|status| async move {
        let place = Place::new().await;
        let (from, to) = (place.repository("from"), place.repository("to"));
        let blob = from.push_bytes(text(), "mount me").await.unwrap();
        // Of the requests that open an upload, only mounts name a digest.
        let refused = Fault::status(status).on_route(Route::Uploads);
        place.server.inject(refused.on_digest(&blob.digest).always());
        let pushed = push(&to, "from").await;
        assert_eq!(pushed.unwrap(), Pushed::Stored, "{status}");
        assert!(to.exists(&blob).await.unwrap());
    });
    join_all(pushes).await;
}

#[tokio::test]
async fn a_session_that_a_mount_leaves_without_an_address_is_not_used() {
    let place = Place::new().await;
    let to = place.repository("to");
    let nowhere = Fault::without_header("location").on_route(Route::Uploads);
    place.server.inject(nowhere.times(2));
    assert_eq!(push(&to, "from").await.unwrap(), Pushed::Stored);
}

/// Q16: the token for a mount is refused.
#[tokio::test]
async fn a_token_that_is_refused_for_a_mount_fails_no_push() {
    let (server, client) = start(&[Quirk::TokenUnknownScope]).await;
    let to = repository(&server, &client, "team/to");
    assert_eq!(push(&to, "team/unknown").await.unwrap(), Pushed::Stored);

    for status in [400, 401, 403, 404, 500] {
        let (server, client) = start(&[]).await;
        let refused = Fault::status(status).on_route(Route::Token);
        server.inject(refused.times(if status == 500 { 6 } else { 1 }));
        let to = repository(&server, &client, "team/to");
        let pushed = push(&to, "team/unknown").await;
        assert_eq!(pushed.unwrap(), Pushed::Stored, "{status}");
    }
}
