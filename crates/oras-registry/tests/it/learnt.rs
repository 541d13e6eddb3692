//! What a client learns about a registry is shared by all its handles.

use futures_util::TryStreamExt;
use http::Method;
use oras_content::{Descriptor, MediaType, ReferrerLister, StoreExt, WriterExt};
use oras_registry::{ReferrersMode, RegistryOptions};
use oras_server::{Route, ServerOptions};
use oras_server_faults::{Fault, Journal, Quirk};

use crate::place::{Place, text};

const REPOSITORIES: usize = 100;

fn heads(journal: &Journal) -> usize {
    journal.count(|entry| entry.route == Route::Manifest && entry.method == Method::HEAD)
}

fn gets(journal: &Journal) -> usize {
    journal.count(|entry| entry.route == Route::Manifest && entry.method == Method::GET)
}

/// Pushes a manifest as `v1` to the repository `name`.
async fn put(place: &Place, name: &str) -> Descriptor {
    let repository = place.repository(name);
    let index = oras_content::Verified::of(
        MediaType::OCI_INDEX,
        r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}"#,
    );
    let described = index.descriptor().clone();
    let options = oras_content::PushOptions::default().with_tag("v1".parse().unwrap());
    oras_content::Writer::push_opts(&repository, &described, index.into(), options)
        .await
        .unwrap();
    described
}

#[tokio::test]
async fn that_head_is_not_allowed_is_learnt_once_for_a_hundred_repositories() {
    let place = Place::quirky(Quirk::HeadManifestNotAllowed).await;
    for number in 0..REPOSITORIES {
        put(&place, &format!("app{number}")).await;
    }
    place.journal().clear();
    for number in 0..REPOSITORIES {
        place
            .repository(&format!("app{number}"))
            .resolve("v1")
            .await
            .unwrap();
    }
    assert_eq!(
        (heads(&place.journal()), gets(&place.journal())),
        (1, REPOSITORIES)
    );
    place.repository("app0").resolve("v1").await.unwrap();
    assert_eq!(
        heads(&place.journal()),
        1,
        "another handle of the same repository"
    );
}

/// 403 is about permissions, so `HEAD` is tried again, here and in other repositories.
#[tokio::test]
async fn that_head_is_denied_teaches_nothing_about_other_repositories() {
    let place = Place::new().await;
    put(&place, "private").await;
    put(&place, "public").await;
    place.server.inject(
        Fault::status(403)
            .on_method(Method::HEAD)
            .on_repository("private")
            .always(),
    );
    place.journal().clear();
    place.repository("private").resolve("v1").await.unwrap();
    assert_eq!((heads(&place.journal()), gets(&place.journal())), (1, 1));
    place.repository("public").resolve("v1").await.unwrap();
    assert_eq!((heads(&place.journal()), gets(&place.journal())), (2, 1));
    place.repository("private").resolve("v1").await.unwrap();
    assert_eq!((heads(&place.journal()), gets(&place.journal())), (3, 2));
}

/// How referrers are kept is a property of the registry, whichever repository is asked.
#[tokio::test]
async fn how_referrers_are_kept_is_learnt_once_for_a_hundred_repositories() {
    let place = Place::with(ServerOptions::default().with_referrers_api(false)).await;
    let subject = put(&place, "app").await;
    place.journal().clear();
    for number in 0..REPOSITORIES {
        let app = place.repository(&format!("app{number}"));
        let listed: Vec<Descriptor> = app.referrers(&subject, None).try_collect().await.unwrap();
        assert!(listed.is_empty());
    }
    assert_eq!(place.journal().entries_of(Route::Referrers).len(), 1);
}

/// An explicit setting for how referrers are kept applies to one handle, not to the registry.
#[tokio::test]
async fn what_a_caller_says_of_one_handle_is_not_learnt() {
    let place = Place::new().await;
    let subject = put(&place, "app").await;
    let by_tag = RegistryOptions::default().with_referrers(ReferrersMode::TagSchema);
    let app = place.repository_with("app", by_tag);
    let _: Vec<Descriptor> = app.referrers(&subject, None).try_collect().await.unwrap();
    assert_eq!(place.journal().entries_of(Route::Referrers).len(), 0);
    let app = place.repository("app");
    let _: Vec<Descriptor> = app.referrers(&subject, None).try_collect().await.unwrap();
    assert_eq!(place.journal().entries_of(Route::Referrers).len(), 1);
}

/// A 404 with a reason is about one repository: others are asked again.
#[tokio::test]
async fn a_missing_repository_does_not_hide_the_referrers_of_others() {
    let place = Place::new().await;
    let subject = put(&place, "app").await;
    let body = Fault::status(404).on_repository("odd").on_route(Route::Referrers);
    place.server.inject(body.always());
    let odd = place.repository("odd");
    let _ = odd.referrers(&subject, None).try_collect::<Vec<_>>().await;
    place.journal().clear();
    let app = place.repository("app");
    let _: Vec<Descriptor> = app.referrers(&subject, None).try_collect().await.unwrap();
    assert_eq!(place.journal().entries_of(Route::Referrers).len(), 1);
}

#[tokio::test]
async fn how_blobs_are_asked_for_is_learnt_once() {
    let place = Place::quirky(Quirk::MountForbidden).await;
    place.repository("one").push_bytes(text(), "a").await.unwrap();
    let mounts = |journal: &Journal| journal.count(|entry| entry.path.contains("mount="));
    let learning = mounts(&place.journal());
    assert!(learning > 0);
    place.repository("two").push_bytes(text(), "b").await.unwrap();
    assert_eq!(mounts(&place.journal()), learning);
}
