//! Interrupted uploads that are resumed, with registries that report their state truthfully or not.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use http::{Method, StatusCode};
use oras_content::{Descriptor, ErrorKind, Payload, Pushed, Reference, StoreExt, Verified, WriterExt};
use oras_registry::{Client, ClientOptions, RegistryOptions, Repository};
use oras_server::{Route, ServerOptions};
use oras_server_faults::{Fault, Quirk};
use oras_transport::{Request, Response, ResponseBody, TransportOptions};
use tower::ServiceExt;

use crate::link::Link;
use crate::place::{Place, client, quick, text};

pub(crate) const MIB: u64 = 1024 * 1024;

/// Creates content without any repeated part.
pub(crate) fn content(len: u64) -> (Descriptor, Bytes) {
    let bytes: Bytes = (0..len).map(|at| (at ^ (at / 1021)) as u8).collect();
    (Descriptor::of(text(), &bytes), bytes)
}

/// Returns the registry's upload requests, with one letter for each.
pub(crate) fn asked(place: &Place) -> String {
    let entries = place.journal().entries();
    let uploads = entries
        .iter()
        .filter(|entry| matches!(entry.route, Route::Uploads | Route::Upload));
    uploads
        .map(|entry| match entry.method {
            Method::POST => '+',
            Method::PUT => 'P',
            Method::PATCH => 'c',
            Method::GET => '?',
            Method::DELETE => '-',
            _ => '!',
        })
        .collect()
}

pub(crate) fn repository(client: &Client, registry: &str) -> Repository {
    let reference = Reference::new(registry, "app").unwrap();
    client
        .repository_with(&reference, RegistryOptions::default())
        .unwrap()
}

/// Whether the blob is stored, byte for byte.
async fn has(place: &Place, blob: &Descriptor, bytes: &Bytes) -> bool {
    let there = place.repository("app").fetch_all(blob, u64::MAX).await;
    there.is_ok_and(|there| there.bytes() == bytes)
}

/// Pushes over a link that repeatedly breaks after a number of bytes.
async fn over_a_link(
    place: &Place,
    every: u64,
    blob: &Descriptor,
    payload: Payload,
) -> oras_content::Result<Pushed> {
    let link = Link::to(&place.server.registry(), every).await;
    let pushed = repository(&client(), &link.registry()).push(blob, payload).await;
    // Besides the blob, only the heads of requests are sent.
    let heads = 1024 * place.journal().requests();
    assert!(link.carried() <= place.journal().bytes_received() + heads);
    pushed
}

#[tokio::test]
async fn an_upload_goes_on_where_the_link_broke_and_sends_no_byte_twice() {
    let (blob, bytes) = content(30 * MIB);
    let verified = Verified::new(blob.clone(), bytes.clone()).unwrap();
    for payload in [Payload::from(bytes.clone()), Payload::from(verified)] {
        let place = Place::new().await;
        let pushed = over_a_link(&place, 10 * MIB, &blob, payload).await;
        assert_eq!(pushed.unwrap(), Pushed::Stored);
        assert_eq!(asked(&place), "+P?c?c?cP");
        assert_eq!(place.journal().bytes_received(), blob.size);
        assert!(has(&place, &blob, &bytes).await);
    }
}

#[tokio::test]
async fn a_link_that_breaks_any_number_of_times_delivers_as_long_as_there_is_progress() {
    let place = Place::new().await;
    let (blob, bytes) = content(6 * MIB);
    over_a_link(&place, MIB + 8192, &blob, bytes.clone().into())
        .await
        .unwrap();
    assert_eq!(asked(&place), "+P?c?c?c?c?cP");
    assert_eq!(place.journal().bytes_received(), blob.size);
    assert!(has(&place, &blob, &bytes).await);
}

#[tokio::test]
async fn a_link_that_carries_hardly_anything_is_given_up() {
    let place = Place::new().await;
    let (blob, bytes) = content(4 * MIB);
    let pushed = over_a_link(&place, MIB / 5, &blob, bytes.into()).await;
    assert!(matches!(
        pushed.unwrap_err().kind(),
        ErrorKind::Unavailable { .. }
    ));
    // Three more attempts, and one more query because it might have made progress.
    assert_eq!(asked(&place), "+P?c?c?c?-");
}

#[tokio::test]
async fn a_lost_answer_to_a_large_blob_sends_no_bytes_again() {
    let place = Place::new().await;
    let (blob, bytes) = content(2 * MIB);
    place.server.inject(
        Fault::lose_answer()
            .on_route(Route::Upload)
            .on_method(Method::PUT),
    );
    let pushed = place.repository("app").push(&blob, bytes).await;
    assert_eq!(pushed.unwrap(), Pushed::Stored);
    assert_eq!(asked(&place), "+P?+");
    assert_eq!(place.journal().bytes_received(), blob.size);
}

/// Returns the outcome of a push whose first request with bytes breaks off halfway, and the requests.
async fn broken_off(
    place: &Place,
    faults: impl IntoIterator<Item = Fault>,
) -> (oras_content::Result<Pushed>, String) {
    let (blob, bytes) = content(2 * MIB);
    let broken = Fault::close_request(MIB).on_route(Route::Upload);
    place.server.inject(broken.on_method(Method::PUT));
    for fault in faults {
        place.server.inject(fault.on_route(Route::Upload));
    }
    let pushed = place.repository("app").push(&blob, bytes.clone()).await;
    let asked = asked(place);
    assert_eq!(pushed.is_ok(), has(place, &blob, &bytes).await, "{asked}");
    (pushed, asked)
}

#[tokio::test]
async fn an_offset_that_cannot_be_starts_a_new_session() {
    let lies = [
        "0-2097152",
        "0-4294967295",
        "0-18446744073709551615",
        "0-99999999999999999999",
        "0-0",
        "0--1",
        "-5",
        "0-+7",
        "7-1048575",
        "1048575",
        "many",
        "",
    ];
    for lie in lies {
        let place = Place::new().await;
        let lies = Fault::header("range", lie).on_method(Method::GET).always();
        let (pushed, asked) = broken_off(&place, [lies]).await;
        assert_eq!(pushed.unwrap(), Pushed::Stored, "{lie}");
        assert_eq!(asked, "+P?-+P", "{lie}");
    }
}

#[tokio::test]
async fn an_offset_that_is_not_so_ends_in_a_new_session() {
    let place = Place::new().await;
    // The registry has no bytes, and only says so when bytes arrive out of order.
    let lie = Fault::header("range", "0-524287").on_method(Method::GET);
    let (pushed, asked) = broken_off(&place, [lie.clone()]).await;
    assert_eq!((pushed.unwrap(), &*asked), (Pushed::Stored, "+P?c?-+P"));

    let place = Place::new().await;
    let (pushed, asked) = broken_off(&place, [lie.always()]).await;
    assert_eq!((pushed.unwrap(), &*asked), (Pushed::Stored, "+P?c?-+P"));
}

#[tokio::test]
async fn a_session_that_cannot_be_asked_is_replaced() {
    for status in [400, 404, 405, 416, 500] {
        let place = Place::new().await;
        let silent = Fault::status(status).on_method(Method::GET).always();
        let (pushed, asked) = broken_off(&place, [silent]).await;
        assert_eq!(pushed.unwrap(), Pushed::Stored, "{status}");
        // Transient errors are retried.
        let questions = if status == 500 { "??????" } else { "?" };
        let cancelled = if status == 404 { "" } else { "-" };
        assert_eq!(asked, format!("+P{questions}{cancelled}+P"), "{status}");
    }
}

#[tokio::test]
async fn a_session_that_goes_on_where_there_is_nothing_is_replaced() {
    let place = Place::new().await;
    let elsewhere = Fault::header("location", "http://127.0.0.1:1/elsewhere")
        .with_header("range", "0-524287")
        .on_method(Method::GET);
    let (pushed, asked) = broken_off(&place, [elsewhere]).await;
    assert_eq!((pushed.unwrap(), &*asked), (Pushed::Stored, "+P?+P"));
}

/// Pushes to a registry that only accepts chunks, with these faults.
async fn in_chunks(faults: impl IntoIterator<Item = Fault>) -> (oras_content::Result<Pushed>, String) {
    let place = Place::quirky(Quirk::NoSinglePut).await;
    let (first, body) = content(3);
    place.repository("app").push(&first, body).await.unwrap();
    place.journal().clear();
    let (blob, bytes) = content(2 * MIB);
    for fault in faults {
        place.server.inject(fault.on_route(Route::Upload));
    }
    let pushed = place.repository("app").push(&blob, bytes.clone()).await;
    let asked = asked(&place);
    assert_eq!(pushed.is_ok(), has(&place, &blob, &bytes).await, "{asked}");
    (pushed, asked)
}

#[tokio::test]
async fn what_a_registry_did_not_keep_of_a_chunk_is_sent_again() {
    let kept = Fault::keep(MIB).on_method(Method::PATCH);
    let (pushed, asked) = in_chunks([kept]).await;
    assert_eq!((pushed.unwrap(), &*asked), (Pushed::Stored, "+ccP"));
}

#[tokio::test]
async fn a_registry_that_keeps_hardly_anything_of_a_chunk_is_given_up() {
    let kept = Fault::keep(9).on_method(Method::PATCH).always();
    let (pushed, asked) = in_chunks([kept]).await;
    assert_eq!(*pushed.unwrap_err().kind(), ErrorKind::Protocol);
    assert!(asked.len() <= 12, "{asked}");
}

#[tokio::test]
async fn a_chunk_that_is_taken_and_forgotten_is_sent_once_more_in_a_new_session() {
    let forgotten = Fault::keep(0).on_method(Method::PATCH);
    let (pushed, asked) = in_chunks([forgotten.clone()]).await;
    assert_eq!((pushed.unwrap(), &*asked), (Pushed::Stored, "+cP-+cP"));

    let (pushed, asked) = in_chunks([forgotten.always()]).await;
    assert_eq!(*pushed.unwrap_err().kind(), ErrorKind::Rejected);
    assert_eq!(asked, "+cP-+cP-");
}

#[tokio::test]
async fn an_end_that_is_accepted_and_not_done_is_no_success() {
    let accepted = Fault::status(202).on_method(Method::PUT);
    let (pushed, asked) = in_chunks([accepted.clone()]).await;
    assert_eq!((pushed.unwrap(), &*asked), (Pushed::Stored, "+cP-+cP"));

    let (pushed, asked) = in_chunks([accepted.always()]).await;
    assert_eq!(*pushed.unwrap_err().kind(), ErrorKind::Protocol);
    assert_eq!(asked, "+cP-+cP-");
}

#[tokio::test]
async fn a_chunk_that_is_never_in_order_is_given_up() {
    let refused = Fault::status(416).on_method(Method::PATCH);
    let refusals = [
        refused.clone(),
        refused.clone().with_header("range", "0-524287"),
        refused.with_header("range", "0-99999999"),
    ];
    for refused in refusals {
        let (pushed, asked) = in_chunks([refused.clone()]).await;
        assert_eq!((pushed.unwrap(), &*asked), (Pushed::Stored, "+c?-+cP"));

        let (pushed, asked) = in_chunks([refused.always()]).await;
        assert_eq!(*pushed.unwrap_err().kind(), ErrorKind::Rejected);
        assert_eq!(asked, "+c?-+c-");
    }
}

#[tokio::test]
async fn a_chunk_that_is_too_long_for_a_registry_is_sent_in_shorter_ones() {
    let place = Place::quirky(Quirk::ChunkOver4Mib).await;
    let (blob, bytes) = content(20 * MIB);
    let too_large = Fault::status(413).on_route(Route::Upload);
    place.server.inject(too_large.on_method(Method::PUT));
    let app = place.repository("app");
    assert_eq!(app.push(&blob, bytes.clone()).await.unwrap(), Pushed::Stored);
    assert_eq!(asked(&place), "+Pc?cccccP");
    assert!(has(&place, &blob, &bytes).await);
}

/// Returns a client behind a proxy that refuses bodies of more than `most` bytes, and a counter of refusals.
pub(crate) fn capped(most: u64, options: ClientOptions) -> (Client, Arc<AtomicUsize>) {
    let http = oras_transport::client(&TransportOptions::default()).unwrap();
    let refused = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&refused);
    let proxy = tower::service_fn(move |request: Request| {
        let (http, count) = (http.clone(), Arc::clone(&count));
        async move {
            if request.body().len().is_none_or(|len| len <= most) {
                return http.oneshot(request).await;
            }
            count.fetch_add(1, Ordering::SeqCst);
            let mut response = Response::new(ResponseBody::from("<h1>Too large</h1>"));
            *response.status_mut() = StatusCode::PAYLOAD_TOO_LARGE;
            Ok(response)
        }
    });
    (Client::from_service(proxy, options.with_retry(quick())), refused)
}

#[tokio::test]
async fn what_a_proxy_finds_too_large_is_sent_in_chunks_from_then_on() {
    let place = Place::new().await;
    let (client, refused) = capped(MIB, ClientOptions::default());
    let registry = place.server.registry();
    for (len, requests) in [(3 * MIB, "+cccP"), (2 * MIB + 1, "+cccP"), (MIB, "+P")] {
        place.journal().clear();
        let (blob, bytes) = content(len);
        repository(&client, &registry)
            .push(&blob, bytes.clone())
            .await
            .unwrap();
        assert_eq!(asked(&place), requests);
        assert_eq!(place.journal().bytes_received(), len);
        assert!(has(&place, &blob, &bytes).await);
    }
    assert_eq!(refused.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn content_that_can_be_read_once_is_not_cut_into_chunks() {
    let place = Place::new().await;
    let (client, refused) = capped(MIB, ClientOptions::default());
    let app = repository(&client, &place.server.registry());
    let (blob, bytes) = content(3 * MIB);
    app.push(&blob, bytes).await.unwrap();
    place.journal().clear();

    let (blob, bytes) = content(2 * MIB);
    let error = app.push(&blob, Payload::once(bytes.into())).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Rejected);
    assert_eq!(asked(&place), "+-");
    assert_eq!(refused.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn chunks_are_as_long_as_the_registry_asks_for() {
    let place = Place::with(ServerOptions::default().with_chunk_min_length(2 * MIB)).await;
    let (client, refused) = capped(3 * MIB, ClientOptions::default());
    let (blob, bytes) = content(8 * MIB);
    let app = repository(&client, &place.server.registry());
    app.push(&blob, bytes.clone()).await.unwrap();
    assert_eq!(asked(&place), "+ccccP");
    assert!(has(&place, &blob, &bytes).await);
    assert_eq!(refused.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_least_length_that_is_none_is_not_heeded() {
    for (length, requests) in [("many", "+cccP"), ("-1", "+cccP"), ("0", "+cccP")] {
        let place = Place::new().await;
        let (client, _) = capped(MIB, ClientOptions::default());
        let odd = Fault::header("oci-chunk-min-length", length).always();
        place.server.inject(odd.clone().on_route(Route::Uploads));
        let (blob, bytes) = content(3 * MIB);
        let app = repository(&client, &place.server.registry());
        app.push(&blob, bytes.clone()).await.unwrap();
        assert_eq!(asked(&place), requests, "{length}");
        assert!(has(&place, &blob, &bytes).await);
    }
}

#[tokio::test]
async fn a_least_length_that_no_proxy_takes_ends_in_an_error() {
    let place = Place::new().await;
    let (client, refused) = capped(MIB, ClientOptions::default());
    let absurd = Fault::header("oci-chunk-min-length", "1152921504606846976");
    place.server.inject(absurd.always().on_route(Route::Uploads));
    let (blob, bytes) = content(3 * MIB);
    let app = repository(&client, &place.server.registry());
    let error = app.push(&blob, bytes).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Rejected);
    assert_eq!(asked(&place), "+-");
    // One request, chunks of 1 MiB and of 256 KiB, which are below the minimum, and a single chunk.
    assert_eq!(refused.load(Ordering::SeqCst), 4);
}
