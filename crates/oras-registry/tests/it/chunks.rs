//! Chunked uploads to registries with every quirk, and the requests they consist of.

use futures_util::future::join_all;
use http::Method;
use oras_content::{Algorithm, Descriptor, PushOptions, StoreExt, Writer, WriterExt};
use oras_registry::ClientOptions;
use oras_server::Route;
use oras_server_faults::{Entry, Fault, Quirk, Server};

use crate::place::{Place, text};
use crate::quirks::{is_beyond_repair, repository, start, start_for_ann};
use crate::resumed::{self, MIB, asked, capped, content};

/// Pushes a blob that does not fit in one request, and reads it back without the proxy.
async fn push_in_chunks(server: &Server, options: &ClientOptions) -> Result<(), String> {
    let (client, _) = capped(MIB, options.clone());
    let (blob, bytes) = content(2 * MIB + 5);
    let pushed = repository(server, &client, "team/app")
        .push(&blob, bytes.clone())
        .await;
    let received = bytes_of_uploads(server);
    let direct = oras_registry::Client::new(options.clone()).unwrap();
    let there = repository(server, &direct, "team/app")
        .fetch_all(&blob, u64::MAX)
        .await;
    match (pushed, there) {
        (Ok(_), Ok(there)) if *there.bytes() != bytes => Err("other bytes are there".into()),
        (Ok(_), Err(error)) => Err(format!("success, and nothing is there: {error:?}")),
        (Err(error), _) => Err(format!("{error:?}")),
        // At most once more, for a registry that lost the bytes it had.
        (Ok(_), Ok(_)) if received > 2 * blob.size + MIB => Err(format!("{received} bytes were sent")),
        (Ok(_), Ok(_)) => Ok(()),
    }
}

fn bytes_of_uploads(server: &Server) -> u64 {
    let second = server.second_origin().unwrap().journal().entries();
    let entries = server.journal().entries();
    let uploads = entries.iter().chain(&second).filter(|entry| is_upload(entry));
    uploads.map(|entry| entry.bytes_received).sum()
}

fn is_upload(entry: &Entry) -> bool {
    entry.route == Route::Upload
}

/// The quirks that affect uploads, or every request.
fn of_uploads() -> impl Iterator<Item = Quirk> {
    let rows = "Q06 Q07 Q08 Q09 Q10 Q11 Q12 Q13 Q14 Q15 Q16 Q34 Q35 Q47 Q48 Q51";
    let all = Quirk::ALL.iter().copied();
    all.filter(move |quirk| rows.contains(quirk.row()))
}

/// Quirks no client can work around for a blob in several requests.
fn is_hopeless(quirk: Quirk) -> bool {
    let lacks_chunks = matches!(
        quirk,
        // The proxy accepts no chunk of 5 MiB, and another replica loses every second request of an upload.
        Quirk::ChunkMin5Mib | Quirk::OtherReplica
    );
    lacks_chunks || is_beyond_repair(quirk).is_some()
}

#[tokio::test]
async fn a_blob_in_chunks_arrives_with_every_quirk() {
    let pushes = of_uploads().map(|quirk| async move {
        let (server, options) = start_for_ann(&[quirk]).await;
        let error = push_in_chunks(&server, &options).await.err()?;
        (!is_hopeless(quirk) || error.starts_with("success")).then(|| format!("{quirk}: {error}"))
    });
    let wrong: Vec<String> = join_all(pushes).await.into_iter().flatten().collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The connection breaks in the middle of the blob.
#[tokio::test]
async fn a_blob_that_broke_off_arrives_with_every_quirk() {
    let (blob, bytes) = &content(MIB + 5);
    let pushes = of_uploads().map(|quirk| async move {
        let (server, client) = start(&[quirk]).await;
        let app = repository(&server, &client, "team/app");
        let broken = Fault::close_request(MIB / 2).on_route(Route::Upload);
        server.inject(broken.on_method(Method::PUT));
        let pushed = app.push(blob, bytes.clone()).await;
        let there = app.fetch_all(blob, u64::MAX).await;
        let is_there = there.is_ok_and(|there| there.bytes() == bytes);
        let is_wrong = pushed.is_ok() && !is_there || (pushed.is_err() && is_beyond_repair(quirk).is_none());
        is_wrong.then(|| format!("{quirk}: {pushed:?}, there: {is_there}"))
    });
    let wrong: Vec<String> = join_all(pushes).await.into_iter().flatten().collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Returns the method of each request about uploads, and the value of a header.
fn headers(place: &Place, name: &str) -> Vec<(Method, String)> {
    let entries = place.journal().entries().into_iter();
    let uploads = entries.filter(|entry| matches!(entry.route, Route::Uploads | Route::Upload));
    let value = |entry: &Entry| {
        let value = entry.request_headers.get(name);
        value.map_or(String::new(), |value| value.to_str().unwrap().to_owned())
    };
    uploads
        .map(|entry| (entry.method.clone(), value(&entry)))
        .collect()
}

fn said(said: &[(Method, &str)]) -> Vec<(Method, String)> {
    let owned = |(method, value): &(Method, &str)| (method.clone(), (*value).to_owned());
    said.iter().map(owned).collect()
}

#[tokio::test]
async fn chunks_say_where_they_belong_and_the_end_has_the_digest_of_the_whole() {
    use Method as M;
    let place = Place::new().await;
    let (client, _) = capped(MIB, ClientOptions::default());
    let reference = oras_content::Reference::new(&place.server.registry(), "app").unwrap();
    let app = client.repository_with(&reference, oras_registry::RegistryOptions::default());
    let (blob, bytes) = content(2 * MIB + 5);
    app.unwrap().push(&blob, bytes).await.unwrap();
    let lengths = [
        (M::POST, "0"),
        (M::PATCH, "1048576"),
        (M::PATCH, "1048576"),
        (M::PATCH, "5"),
        (M::PUT, "0"),
    ];
    assert_eq!(headers(&place, "content-length"), said(&lengths));
    let ranges = [
        (M::POST, ""),
        (M::PATCH, "0-1048575"),
        (M::PATCH, "1048576-2097151"),
        (M::PATCH, "2097152-2097156"),
        (M::PUT, ""),
    ];
    assert_eq!(headers(&place, "content-range"), said(&ranges));
    let octets = "application/octet-stream";
    let types = [
        (M::POST, ""),
        (M::PATCH, octets),
        (M::PATCH, octets),
        (M::PATCH, octets),
        (M::PUT, octets),
    ];
    assert_eq!(headers(&place, "content-type"), said(&types));
    let entries = place.journal().entries();
    let digest = blob.digest.as_str().replace(':', "%3A");
    assert!(
        entries
            .last()
            .unwrap()
            .path
            .ends_with(&format!("digest={digest}")),
        "{entries:?}"
    );
}

#[tokio::test]
async fn a_registry_that_refuses_an_empty_end_gets_the_last_chunk_with_it_from_then_on() {
    let place = Place::quirky(Quirk::EmptyPutRefused).await;
    let (client, _) = capped(MIB, ClientOptions::default());
    let app = resumed::repository(&client, &place.server.registry());
    for (len, requests) in [(2 * MIB, "+ccP-+cP"), (2 * MIB + 1, "+ccP")] {
        place.journal().clear();
        let (blob, bytes) = content(len);
        app.push(&blob, bytes.clone()).await.unwrap();
        assert_eq!(asked(&place), requests);
        assert_eq!(*app.fetch_all(&blob, len).await.unwrap().bytes(), bytes);
    }
    let end = &headers(&place, "content-range")[3];
    assert_eq!(*end, (Method::PUT, "2097152-2097152".to_owned()));
}

#[tokio::test]
async fn the_end_has_the_last_byte_where_it_must_not_be_empty_and_bytes_must_come_before_it() {
    let (server, client) = start(&[Quirk::EmptyPutRefused, Quirk::NoSinglePut]).await;
    let app = repository(&server, &client, "team/app");
    for text in ["first", "second"] {
        server.journal().clear();
        let (blob, bytes) = content(text.len() as u64);
        app.push(&blob, bytes.clone()).await.unwrap();
        assert_eq!(*app.fetch_all(&blob, 10).await.unwrap().bytes(), bytes);
    }
    let sent = server.journal().entries_of(Route::Upload);
    let sent: Vec<_> = sent
        .iter()
        .map(|entry| (&entry.method, entry.bytes_received))
        .collect();
    assert_eq!(sent, [(&Method::PATCH, 5), (&Method::PUT, 1)]);
}

#[tokio::test]
async fn an_empty_blob_is_an_empty_end() {
    let place = Place::new().await;
    let app = place.repository("app");
    let blob = app.push_bytes(text(), "").await.unwrap();
    let lengths = [(Method::POST, "0"), (Method::PUT, "0")];
    assert_eq!(headers(&place, "content-length"), said(&lengths));
    assert_eq!(app.fetch_all(&blob, 1).await.unwrap().bytes(), "");
}

#[tokio::test]
async fn the_algorithm_of_a_digest_is_told_at_the_start_unless_it_is_the_usual_one() {
    let place = Place::new().await;
    let app = place.repository("app");
    let strong = Descriptor::new(text(), Algorithm::Sha512.digest(b"strong"), 6);
    let usual = Descriptor::of(text(), b"usual!");
    for (blob, bytes, is_told) in [(&strong, "strong", true), (&usual, "usual!", false)] {
        for force in [false, true] {
            place.journal().clear();
            let options = PushOptions::default().with_force(force);
            app.push_opts(blob, bytes.into(), options).await.unwrap();
            let opened = &place.journal().entries()[0];
            assert_eq!(opened.method, Method::POST);
            assert_eq!(
                opened.path.contains("digest-algorithm=sha512"),
                is_told,
                "{}",
                opened.path
            );
        }
    }
}
