//! Listings, page by page.

use futures_util::TryStreamExt;
use oras_content::{
    Descriptor, Error, ErrorKind, ImageManifest, PushOptions, TagListOptions, TagLister, Writer, WriterExt,
};
use oras_registry::{CatalogOptions, RegistryOptions, Repository};
use oras_server::{Route, ServerOptions};

use crate::place::{Place, push, text};

async fn tagged(repository: &Repository, tags: &[&str]) {
    push(
        repository,
        oras_content::Verified::of(oras_content::MediaType::OCI_EMPTY, "{}"),
    )
    .await;
    let manifest = ImageManifest::new(Descriptor::empty_json()).to_content();
    for tag in tags {
        let descriptor = manifest.descriptor().clone();
        let options = PushOptions::default().with_tag(tag.parse().unwrap());
        repository
            .push_opts(&descriptor, manifest.clone().into(), options)
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn tags_are_listed_over_all_pages() {
    let place = Place::with(ServerOptions::default().with_page_size(2)).await;
    let app = place.repository("app");
    tagged(&app, &["c", "a", "e", "b", "d"]).await;
    place.journal().clear();
    let all: Vec<String> = app.tags(TagListOptions::default()).try_collect().await.unwrap();
    assert_eq!(all, ["a", "b", "c", "d", "e"]);
    assert_eq!(place.journal().count(|entry| entry.route == Route::Tags), 3);
    let after: Vec<String> = app
        .tags(TagListOptions::default().with_last("c"))
        .try_collect()
        .await
        .unwrap();
    assert_eq!(after, ["d", "e"]);
}

#[tokio::test]
async fn a_listing_has_at_most_so_many_pages() {
    let place = Place::with(ServerOptions::default().with_page_size(1)).await;
    tagged(&place.repository("app"), &["a", "b", "c"]).await;
    let app = place.repository_with("app", RegistryOptions::default().with_max_pages(2));
    let listed: Result<Vec<String>, Error> = app.tags(TagListOptions::default()).try_collect().await;
    assert!(matches!(
        listed.unwrap_err().kind(),
        ErrorKind::TooMany { limit: 2, .. }
    ));
}

#[tokio::test]
async fn a_repository_that_is_not_there_has_no_tags() {
    let place = Place::new().await;
    let app = place.repository("app");
    let listed: Result<Vec<String>, Error> = app.tags(TagListOptions::default()).try_collect().await;
    assert!(matches!(&listed, Err(error) if matches!(error.kind(), ErrorKind::NotFound)));
}

#[tokio::test]
async fn repositories_are_listed_over_all_pages() {
    let place = Place::with(ServerOptions::default().with_page_size(2)).await;
    for name in ["a", "b/c", "d"] {
        place.repository(name).push_bytes(text(), "x").await.unwrap();
    }
    let registry = place.client.registry(&place.server.registry()).unwrap();
    registry.ping().await.unwrap();
    let all: Vec<String> = registry
        .repositories(CatalogOptions::default())
        .try_collect()
        .await
        .unwrap();
    assert_eq!(all, ["a", "b/c", "d"]);
    let after: Vec<String> = registry
        .repositories(CatalogOptions::default().with_last("a"))
        .try_collect()
        .await
        .unwrap();
    assert_eq!(after, ["b/c", "d"]);
}
