//! Failed listings of referrers, and what they reveal about the registry.

use futures_util::TryStreamExt;
use http::Method;
use oras_content::{Descriptor, Error, ErrorChain, ErrorKind, ReferrerLister, WriterExt};
use oras_copy::{CopyOptions, ExtendedCopyOptions, copy, extended_copy};
use oras_memory::MemoryStore;
use oras_registry::Repository;
use oras_server::Route;
use oras_server_faults::{Fault, Quirk};

use crate::place::{Place, artifact, attach, client};
use crate::quirks::{repository, start};

async fn list(app: &Repository, subject: &Descriptor) -> Result<Vec<Descriptor>, Error> {
    app.referrers(subject, None).try_collect().await
}

/// Pushes an artifact as `v1`.
async fn push(app: &Repository) -> Descriptor {
    let store = MemoryStore::new();
    let root = artifact(&store, 1).await;
    store.tag(&root, "v1").await.unwrap();
    copy(&store, "v1", app, "v1", &CopyOptions::default())
        .await
        .unwrap()
}

/// Q28: such a registry also refuses to list the referrers of a referrer that has none.
#[tokio::test]
async fn an_index_under_a_tag_tells_that_a_refusal_meant_that_there_is_no_api() {
    let mut place = Place::quirky(Quirk::ReferrersInvalid).await;
    let root = push(&place.repository("app")).await;
    let referrer = attach(&place.repository("app"), &root, "a/b").await;
    // A client that is new to the registry.
    place.client = client();
    let (app, to) = (place.repository("app"), MemoryStore::new());
    extended_copy(&app, "v1", &to, "v1", &ExtendedCopyOptions::default())
        .await
        .unwrap();
    assert!(oras_content::Store::exists(&to, &referrer).await.unwrap());
}

#[tokio::test]
async fn a_token_server_that_answers_nonsense_says_nothing_about_referrers() {
    let (server, client) = start(&[]).await;
    let root = push(&repository(&server, &client, "app")).await;
    let somebody = oras_registry::Client::new(crate::quirks::ann(&server)).unwrap();
    let app = repository(&server, &somebody, "app");
    server.inject(Fault::html().on_route(Route::Token));
    let error = list(&app, &root).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Protocol, "{error:?}");
    server.journal().clear();
    assert!(list(&app, &root).await.unwrap().is_empty());
    let under_a_tag = |entry: &oras_server_faults::Entry| entry.route == Route::Manifest;
    assert_eq!(server.journal().count(under_a_tag), 0);
}

#[tokio::test]
async fn a_listing_that_cannot_be_read_names_its_registry() {
    let place = Place::new().await;
    let app = place.repository("app");
    let root = push(&app).await;
    attach(&app, &root, "a/b").await;
    let damaged = Fault::flip(2).on_route(Route::Referrers);
    place.server.inject(damaged.on_method(Method::GET));
    let error = list(&app, &root).await.unwrap_err();
    let text = ErrorChain(&error).to_string();
    let list = format!(
        "the list of referrers of {}@{}",
        place.server.registry(),
        root.digest
    );
    let list = list.replace('@', "/app@");
    assert!(text.starts_with(&list), "{text}");
}
