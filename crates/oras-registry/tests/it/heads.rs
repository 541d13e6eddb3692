//! `HEAD` requests whose answers are incomplete or wrong.

use http::Method;
use oras_content::{Descriptor, Digest, ErrorKind, MediaType, Store, StoreExt, WriterExt};
use oras_registry::RegistryOptions;
use oras_server::Route;
use oras_server_faults::Quirk;

use crate::hostile::{Scripted, answer};
use crate::place::{Place, push, text};

/// An answer to `HEAD` without any information about the content.
const NOTHING_TOLD: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n";

#[tokio::test]
async fn a_web_server_that_says_yes_to_everything_has_no_blob() {
    let server = Scripted::new(|head| match head.starts_with("HEAD") {
        true => NOTHING_TOLD.to_owned(),
        false => format!("{NOTHING_TOLD}<h1>Welcome</h1>"),
    })
    .await;
    let app = server.repository(RegistryOptions::default());
    assert!(!app.exists(&Descriptor::of(text(), b"hello")).await.unwrap());
    let error = app.push_bytes(text(), "hello").await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Protocol, "{error:?}");
}

#[tokio::test]
async fn what_head_does_not_tell_of_a_blob_its_first_byte_does() {
    let blob = Descriptor::of(text(), b"hello");
    for (status, headers, size) in [
        ("206 Partial Content", "Content-Range: bytes 0-0/5\r\n", Some(5)),
        ("206 Partial Content", "Content-Range: bytes 0-0/7\r\n", Some(7)),
        ("206 Partial Content", "Content-Range: bytes 0-0/*\r\n", None),
        ("200 OK", "Content-Length: 5\r\n", Some(5)),
        ("200 OK", "", None),
    ] {
        let server = Scripted::new(move |head| match head.starts_with("HEAD") {
            true => NOTHING_TOLD.to_owned(),
            false => format!("HTTP/1.1 {status}\r\n{headers}Connection: close\r\n\r\nhello"),
        })
        .await;
        let app = server.repository(RegistryOptions::default());
        assert_eq!(app.exists(&blob).await.unwrap(), size == Some(5), "{headers}");
        let described = app.resolve_blob(&blob.digest).await;
        assert_eq!(described.ok().map(|found| found.size), size, "{headers}");
        assert!(server.heads()[1].to_lowercase().contains("range: bytes=0-0"));
    }
}

#[tokio::test]
async fn another_blob_of_the_same_length_is_not_the_one() {
    let blob = Descriptor::of(text(), b"hello");
    let other = format!("Docker-Content-Digest: {}\r\n", Digest::sha256(b"jello"));
    let server = Scripted::new(move |_| answer("200 OK", &other, "jello")).await;
    let app = server.repository(RegistryOptions::default());
    assert_eq!(*app.exists(&blob).await.unwrap_err().kind(), ErrorKind::Verify);
    assert_eq!(
        *app.resolve_blob(&blob.digest).await.unwrap_err().kind(),
        ErrorKind::Verify
    );
}

#[tokio::test]
async fn a_manifest_of_which_head_tells_a_wrong_length_is_read() {
    let body = r#"{"schemaVersion":2,"manifests":[]}"#;
    let index = Descriptor::of(MediaType::OCI_INDEX, body.as_bytes());
    for (length, is_resolved_by_head) in [("0", false), ("7", true)] {
        let said = format!(
            "Content-Type: {}\r\nDocker-Content-Digest: {}\r\n",
            index.media_type, index.digest
        );
        let server = Scripted::new(move |head| match head.starts_with("HEAD") {
            true => format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n{said}\r\n"),
            false => answer("200 OK", &said, body),
        })
        .await;
        let app = server.repository(RegistryOptions::default());
        assert!(app.exists(&index).await.unwrap());
        assert!(server.heads()[1].starts_with("GET"), "{:?}", server.heads());
        let resolved = app.resolve("v1").await.unwrap();
        assert_eq!(resolved.size == index.size, !is_resolved_by_head);
    }
}

/// Q03: some servers do not support `HEAD`.
#[tokio::test]
async fn what_head_does_not_find_is_looked_for_by_get_once() {
    let place = Place::quirky(Quirk::HeadManifestMissing).await;
    let app = place.repository("app");
    let index = oras_content::ImageIndex::new(Vec::new()).to_content();
    let index = push(&app, index).await;
    app.tag(&index, "v1").await.unwrap();
    for methods in [&[Method::HEAD, Method::GET][..], &[Method::GET]] {
        place.journal().clear();
        assert_eq!(app.resolve("v1").await.unwrap().digest, index.digest);
        assert_eq!(asked_of_manifests(&place), methods);
    }

    let place = Place::new().await;
    let app = place.repository("app");
    for methods in [&[Method::HEAD, Method::GET][..], &[Method::HEAD]] {
        place.journal().clear();
        assert!(app.resolve("v1").await.unwrap_err().is_not_found());
        assert_eq!(asked_of_manifests(&place), methods);
    }
}

fn asked_of_manifests(place: &Place) -> Vec<Method> {
    let entries = place.journal().entries().into_iter();
    let of_manifests = entries.filter(|entry| entry.route == Route::Manifest);
    of_manifests.map(|entry| entry.method).collect()
}
