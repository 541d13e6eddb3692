//! The content of requests, whatever their outcome.

use futures_util::TryStreamExt;
use oras_content::{
    Algorithm, Descriptor, Digest, ErrorKind, MediaType, OpenOptions, PushOptions, Store, StoreExt, Tag,
    Verified, Writer, WriterExt,
};
use oras_registry::RegistryOptions;
use oras_server::Route;
use oras_server_faults::Fault;

use crate::hostile::{Scripted, answer};
use crate::place::{Place, push, text};

/// A valid index in a form that no program would write.
const ODD: &str = "{ \"schemaVersion\":2,\n\t\"x\": 1e400, \"manifests\" : [ ],\"mediaType\":\"application/vnd.oci.image.index.v1+json\"}\n";

#[tokio::test]
async fn every_request_for_a_manifest_says_which_kinds_are_understood() {
    let kinds = [
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
    ];
    let understands = move |head: &str| {
        let accept = head.lines().find_map(|line| line.strip_prefix("accept: "));
        kinds
            .iter()
            .all(|kind| accept.is_some_and(|accept| accept.contains(kind)))
    };
    let server = Scripted::new(move |head| match understands(head) {
        false => answer("404 Not Found", "", ""),
        true => answer(
            "200 OK",
            "Content-Type: application/vnd.oci.image.index.v1+json\r\n",
            ODD,
        ),
    })
    .await;
    let app = server.repository(RegistryOptions::default());
    let index = Descriptor::of(MediaType::OCI_INDEX, ODD.as_bytes());
    assert!(app.exists(&index).await.unwrap());
    assert_eq!(app.resolve("v1").await.unwrap().digest, index.digest);
    assert_eq!(app.fetch_named("v1", 4096).await.unwrap().bytes(), ODD);
    assert_eq!(app.fetch_all(&index, 4096).await.unwrap().bytes(), ODD);
    let part = app.open(&index, OpenOptions::default().with_range(2..5)).await;
    let part: Vec<bytes::Bytes> = part.unwrap().content.try_collect().await.unwrap();
    assert_eq!(part.concat(), ODD.as_bytes()[2..5]);
}

/// Some registries limit host and name to 255 characters, and it is up to them to say so.
#[tokio::test]
async fn a_long_name_is_asked_for_and_its_refusal_told() {
    let place = Place::new().await;
    let name = "n".repeat(300);
    place.server.inject(Fault::status(400));
    let error = place.repository(&name).resolve("v1").await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Rejected);
    assert!(error.to_string().contains(&name), "{error}");
    assert!(place.journal().entries()[0].path.contains(&name));
}

#[tokio::test]
async fn a_manifest_is_put_as_it_is_by_its_own_type() {
    let place = Place::new().await;
    let app = place.repository("app");
    let index = push(&app, Verified::of(MediaType::OCI_INDEX, ODD)).await;
    app.tag(&index, "v1").await.unwrap();
    let entries = place.journal().entries();
    let puts: Vec<_> = entries
        .iter()
        .filter(|entry| entry.method == http::Method::PUT)
        .collect();
    assert_eq!(puts.len(), 2);
    for put in puts {
        assert_eq!(
            put.request_headers["content-type"],
            "application/vnd.oci.image.index.v1+json"
        );
        assert_eq!(put.bytes_received, ODD.len() as u64);
    }
    assert_eq!(app.fetch_named("v1", 4096).await.unwrap().bytes(), ODD);
}

#[tokio::test]
async fn no_mount_is_asked_for_without_its_source() {
    let place = Place::new().await;
    for name in ["app", "again"] {
        place.repository(name).push_bytes(text(), "hello").await.unwrap();
    }
    let is_mount = |path: &str| path.contains("mount=");
    let journal = place.journal();
    assert_eq!(journal.count(|entry| is_mount(&entry.path)), 2);
    assert_eq!(
        journal.count(|entry| is_mount(&entry.path) && !entry.path.contains("from=")),
        0
    );
}

fn three_tags() -> PushOptions {
    PushOptions::default().with_tags(["v1", "v2", "v3"].map(|tag| tag.parse().unwrap()))
}

async fn puts_of_three_tags(fault: Fault) -> (Vec<bool>, usize) {
    let place = Place::new().await;
    let app = place.repository("app");
    place
        .server
        .inject(fault.on_route(Route::Manifest).on_method(http::Method::PUT));
    let index = Verified::of(MediaType::OCI_INDEX, ODD);
    let descriptor = index.descriptor().clone();
    app.push_opts(&descriptor, index.into(), three_tags())
        .await
        .unwrap();
    let puts = place.journal().count(|entry| entry.method == http::Method::PUT);
    let mut given = Vec::new();
    for tag in ["v1", "v2", "v3"] {
        given.push(
            app.resolve(tag)
                .await
                .is_ok_and(|found| found.digest == descriptor.digest),
        );
    }
    (given, puts)
}

#[tokio::test]
async fn a_registry_that_takes_no_query_with_tags_gets_them_one_by_one() {
    for status in [400, 404, 405, 414, 431, 501] {
        let (given, puts) = puts_of_three_tags(Fault::status(status)).await;
        assert_eq!((given, puts), (vec![true; 3], 1 + 3), "{status}");
    }
}

/// An index with this digest under a hundred tags of 128 characters, and the queries that took.
async fn with_long_tags(place: &Place, digest: Digest) -> Vec<String> {
    let app = place.repository("app");
    let tags = (0..100).map(|number| format!("v{number:0127}"));
    let tags: Vec<Tag> = tags.map(|tag| tag.parse().unwrap()).collect();
    let index = Descriptor::new(MediaType::OCI_INDEX, digest, ODD.len() as u64);
    let options = PushOptions::default().with_tags(tags.iter().cloned());
    app.push_opts(&index, ODD.into(), options).await.unwrap();
    let entries = place.journal().entries().into_iter();
    let puts = entries.filter(|entry| entry.method == http::Method::PUT);
    let puts = puts.map(|entry| entry.path).collect();
    for tag in &tags {
        assert_eq!(app.fetch_named(tag, 4096).await.unwrap().bytes(), ODD);
    }
    puts
}

#[tokio::test]
async fn many_long_tags_are_put_in_several_queries() {
    for algorithm in [Algorithm::Sha256, Algorithm::Sha512] {
        let place = Place::new().await;
        let puts = with_long_tags(&place, algorithm.digest(ODD.as_bytes())).await;
        assert_eq!(puts.len(), 4, "{algorithm:?}");
        assert!(puts.iter().all(|path| path.len() < 4096 + 300), "{algorithm:?}");
    }
}

#[tokio::test]
async fn a_registry_that_ignores_tags_in_a_query_gets_no_second_one() {
    let place = Place::new().await;
    let ignored = Fault::header("oci-tag", "").on_route(Route::Manifest);
    place.server.inject(ignored.on_method(http::Method::PUT));
    let puts = with_long_tags(&place, Algorithm::Sha256.digest(ODD.as_bytes())).await;
    assert_eq!(puts.len(), 1 + 100);
}

#[tokio::test]
async fn only_the_tags_that_a_registry_says_it_gave_are_given() {
    for (said, more) in [("v1", 2), ("v1, v3", 1), ("v1,v2,v3", 0), ("v4", 3), ("", 3)] {
        let (given, puts) = puts_of_three_tags(Fault::header("oci-tag", said)).await;
        assert_eq!((given, puts), (vec![true; 3], 1 + more), "{said}");
    }
}
