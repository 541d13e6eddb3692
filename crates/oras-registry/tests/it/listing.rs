//! Listings, page by page.

use futures_util::TryStreamExt;
use oras_content::{
    Deleter, Descriptor, Error, ErrorKind, ImageManifest, PushOptions, ReferrerLister, Store, StoreExt,
    TagListOptions, TagLister, Untagger, Writer, WriterExt,
};
use oras_registry::{CatalogOptions, RegistryOptions, Repository};
use oras_server::{Route, ServerOptions};
use oras_server_faults::{FaultOptions, Quirk, Server};

use crate::place::{Place, attach, client, push, text};

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

/// The options of a handle set the size and number of pages of all its listings.
#[tokio::test]
async fn the_options_of_a_handle_are_those_of_all_its_listings() {
    let place = Place::new().await;
    let plain = place.repository("app");
    tagged(&plain, &["a", "b", "c"]).await;
    for name in ["b", "c"] {
        place.repository(name).push_bytes(text(), "x").await.unwrap();
    }
    let subject = plain.resolve("a").await.unwrap();
    for kind in ["a/x", "a/y", "a/z"] {
        attach(&plain, &subject, kind).await;
    }
    let options = RegistryOptions::default().with_page_size(1).with_max_pages(2);
    let registry = place
        .client
        .registry_with(&place.server.registry(), options)
        .unwrap();
    let app = registry.repository("app").unwrap();
    place.journal().clear();

    let tags: Result<Vec<String>, Error> = app.tags(TagListOptions::default()).try_collect().await;
    let referrers: Result<Vec<Descriptor>, Error> = app.referrers(&subject, None).try_collect().await;
    let names: Result<Vec<String>, Error> = registry
        .repositories(CatalogOptions::default())
        .try_collect()
        .await;
    for ended in [tags.err(), referrers.err(), names.err()] {
        let kind = ended.map(|error| *error.kind());
        assert!(
            matches!(kind, Some(ErrorKind::TooMany { limit: 2, .. })),
            "{kind:?}"
        );
    }
    assert_eq!(place.journal().count(|entry| entry.path.contains("n=1")), 6);
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

/// Q20 to Q24, Q49.
#[tokio::test]
async fn tags_are_listed_in_full_with_every_quirk_of_lists() {
    let tags = ["a", "b", "c", "d", "e"];
    let rows = ["Q20", "Q21", "Q22", "Q23", "Q24", "Q49"];
    for quirk in Quirk::ALL.iter().filter(|quirk| rows.contains(&quirk.row())) {
        let server = ServerOptions::default().with_page_size(2);
        let place = Place {
            server: Server::start_with(server, FaultOptions::default().with_quirks([*quirk]))
                .await
                .unwrap(),
            client: client(),
        };
        let app = place.repository("app");
        tagged(&app, &tags).await;
        let listed: Result<Vec<String>, Error> = app.tags(TagListOptions::default()).try_collect().await;
        match quirk {
            Quirk::LinkWithoutBrackets => assert_eq!(*listed.unwrap_err().kind(), ErrorKind::Protocol),
            _ => assert_eq!(listed.unwrap(), tags, "{quirk}"),
        }
    }
}

/// Q25: the catalog is refused.
#[tokio::test]
async fn a_catalog_that_is_refused_is_told_as_such() {
    for (quirk, kind) in [
        (Quirk::CatalogUnauthorized, ErrorKind::Unauthenticated),
        (Quirk::CatalogForbidden, ErrorKind::Denied),
        (Quirk::CatalogMissing, ErrorKind::Unsupported),
    ] {
        let place = Place::quirky(quirk).await;
        let registry = place.client.registry(&place.server.registry()).unwrap();
        let listed: Result<Vec<String>, Error> = registry
            .repositories(CatalogOptions::default())
            .try_collect()
            .await;
        assert_eq!(*listed.unwrap_err().kind(), kind, "{quirk}");
    }
}

/// Q26: deletes are refused.
#[tokio::test]
async fn a_delete_that_a_registry_does_not_do_is_an_error_that_says_so() {
    for (quirk, of_manifest, of_tag) in [
        (
            Quirk::ManifestDeleteNotAllowed,
            Some(ErrorKind::Unsupported),
            None,
        ),
        (Quirk::ManifestDeleteMissing, Some(ErrorKind::NotFound), None),
        (Quirk::TagDeleteInvalid, None, Some(ErrorKind::Unsupported)),
        (Quirk::DeleteNeedsUntag, Some(ErrorKind::Unsupported), None),
    ] {
        let place = Place::quirky(quirk).await;
        let app = place.repository("app");
        tagged(&app, &["v1", "v2"]).await;
        let found = app.resolve("v1").await.unwrap();
        let untagged = app.untag(&"v1".parse().unwrap()).await;
        assert_eq!(untagged.err().map(|error| *error.kind()), of_tag, "{quirk}");
        let deleted = app.delete(&found).await;
        assert_eq!(deleted.err().map(|error| *error.kind()), of_manifest, "{quirk}");
        assert_eq!(
            app.exists(&found).await.unwrap(),
            of_manifest.is_some(),
            "{quirk}"
        );
    }
}

/// Q45: the status decides, not the code.
#[tokio::test]
async fn what_is_missing_for_an_unknown_reason_is_missing() {
    let place = Place::quirky(Quirk::UnknownNotFound).await;
    let app = place.repository("app");
    tagged(&app, &["v1"]).await;
    assert!(app.fetch_named("v2", 4096).await.unwrap_err().is_not_found());
    assert!(
        app.untag(&"v2".parse().unwrap())
            .await
            .unwrap_err()
            .is_not_found()
    );
}
