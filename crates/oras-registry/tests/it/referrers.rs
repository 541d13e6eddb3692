//! Referrers, by the API and under a tag.

use futures_util::TryStreamExt;
use oras_content::{
    Deleter, Descriptor, Error, ImageManifest, MediaType, PredecessorFinder, ReferrerLister, Resolver,
    Verified,
};
use oras_registry::{ReferrersMode, RegistryOptions, Repository};
use oras_server::{Fault, Route, ServerOptions};

use crate::place::{Place, attach, push};

async fn subject(repository: &Repository) -> Descriptor {
    push(repository, Verified::of(MediaType::OCI_EMPTY, "{}")).await;
    push(
        repository,
        ImageManifest::new(Descriptor::empty_json()).to_content(),
    )
    .await
}

async fn digests(repository: &Repository, subject: &Descriptor, kind: Option<&str>) -> Vec<String> {
    let listed: Vec<Descriptor> = repository.referrers(subject, kind).try_collect().await.unwrap();
    let mut digests: Vec<String> = listed.into_iter().map(|node| node.digest.to_string()).collect();
    digests.sort();
    digests
}

fn sorted(nodes: &[&Descriptor]) -> Vec<String> {
    let mut digests: Vec<String> = nodes.iter().map(|node| node.digest.to_string()).collect();
    digests.sort();
    digests
}

async fn lifecycle(api: bool) {
    let place = Place::with(ServerOptions::default().with_referrers_api(api).with_page_size(1)).await;
    let app = place.repository("app");
    let subject = subject(&app).await;
    assert!(digests(&app, &subject, None).await.is_empty());
    let signature = attach(&app, &subject, "sig/x").await;
    let sbom = attach(&app, &subject, "sbom/x").await;
    attach(&app, &subject, "sbom/x").await;

    let fresh = place.repository("app");
    assert_eq!(
        digests(&fresh, &subject, Some("sig/x")).await,
        sorted(&[&signature])
    );
    let all = fresh.predecessors(&subject).await.unwrap();
    assert!(all.iter().any(|node| node.digest == sbom.digest));
    assert!(
        all.iter()
            .all(|node| node.artifact_type.is_some() && !node.annotations.is_empty())
    );

    fresh.delete(&signature).await.unwrap();
    assert!(
        digests(&place.repository("app"), &subject, Some("sig/x"))
            .await
            .is_empty()
    );
    let index_tag = subject.digest.as_str().replace(':', "-");
    assert_eq!(app.resolve(&index_tag).await.is_ok(), !api);
}

#[tokio::test]
async fn referrers_come_and_go_by_the_api() {
    lifecycle(true).await;
}

#[tokio::test]
async fn referrers_come_and_go_under_a_tag() {
    lifecycle(false).await;
}

#[tokio::test]
async fn many_writers_lose_no_referrer() {
    let place = Place::with(ServerOptions::default().with_referrers_api(false)).await;
    let app = place.repository("app");
    let subject = subject(&app).await;
    let one = place.repository("app");
    let two = place.repository("app");
    let kinds: Vec<String> = (0..8).map(|index| format!("kind/{index}")).collect();
    let work = kinds.iter().enumerate().map(|(index, kind)| {
        let repository = if index % 2 == 0 { &one } else { &two };
        attach(repository, &subject, kind)
    });
    let attached = futures_util::future::join_all(work).await;
    assert_eq!(
        digests(&app, &subject, None).await,
        sorted(&attached.iter().collect::<Vec<_>>())
    );
}

#[tokio::test]
async fn something_else_under_the_tag_is_not_touched() {
    let place = Place::with(ServerOptions::default().with_referrers_api(false)).await;
    let app = place.repository("app");
    let subject = subject(&app).await;
    let tag = subject.digest.as_str().replace(':', "-");
    oras_content::Tagger::tag(&app, &subject, &tag).await.unwrap();
    assert!(digests(&app, &subject, None).await.is_empty());
    let options = oras_pack::PackOptions::default().with_subject(subject.plain());
    let attached = oras_pack::pack_manifest(&app, oras_pack::ManifestVersion::V1_1, "a/b", options).await;
    let Err(oras_pack::Error::Push(error)) = attached else {
        panic!("{attached:?}")
    };
    assert!(matches!(error, Error::Refused { .. }), "{error:?}");
    assert_eq!(app.resolve(&tag).await.unwrap().digest, subject.digest);
}

#[tokio::test]
async fn a_page_of_html_means_that_there_is_no_api() {
    let place = Place::with(ServerOptions::default().with_referrers_api(false)).await;
    let app = place.repository("app");
    let subject = subject(&app).await;
    place
        .server
        .inject(Fault::html().on_route(Route::Referrers).always());
    assert!(digests(&app, &subject, None).await.is_empty());
}

#[tokio::test]
async fn a_failing_registry_is_not_one_without_referrers() {
    let place = Place::new().await;
    let app = place.repository("app");
    let subject = subject(&app).await;
    place
        .server
        .inject(Fault::status(500).on_route(Route::Referrers).always());
    assert!(app.predecessors(&subject).await.unwrap_err().is_transient());
}

#[tokio::test]
async fn the_way_to_keep_referrers_can_be_chosen() {
    let place = Place::new().await;
    let app = place.repository_with(
        "app",
        RegistryOptions::default().with_referrers(ReferrersMode::TagSchema),
    );
    let subject = subject(&app).await;
    // The registry says that it keeps track itself, and that is enough.
    attach(&app, &subject, "a/b").await;
    place.journal().clear();
    assert!(digests(&app, &subject, None).await.is_empty());
    assert_eq!(place.journal().count(|entry| entry.route == Route::Referrers), 0);

    let place = Place::with(ServerOptions::default().with_referrers_api(false)).await;
    let app = place.repository_with(
        "app",
        RegistryOptions::default().with_referrers(ReferrersMode::Api),
    );
    let subject = push(&app, Verified::of(MediaType::OCI_EMPTY, "{}")).await;
    let subject = Descriptor::new(MediaType::OCI_MANIFEST, subject.digest, subject.size);
    assert!(app.predecessors(&subject).await.is_err());
}
