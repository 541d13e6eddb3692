//! Referrers, through the API and under a tag.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::TryStreamExt;
use http::Method;
use oras_content::{
    Deleter, Descriptor, Error, ErrorKind, ImageManifest, Manifest, MediaType, PredecessorFinder,
    ReferrerLister, Store, StoreExt, Verified, WriterExt,
};
use oras_copy::{CopyOptions, ExtendedCopyOptions, Selection, copy_graph, extended_copy};
use oras_memory::MemoryStore;
use oras_pack::{ManifestVersion, PackError, PackOptions, pack_manifest};
use oras_registry::{ReferrersMode, RegistryOptions, Repository};
use oras_server::{Route, ServerOptions};
use oras_server_faults::{Fault, Quirk};

use crate::hostile::{Scripted, answer};
use crate::place::{Place, attach, client, heeding, push};

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
    oras_content::WriterExt::tag(&app, &subject, &tag).await.unwrap();
    assert!(digests(&app, &subject, None).await.is_empty());
    let options = oras_pack::PackOptions::default().with_subject(subject.plain());
    let attached = oras_pack::pack_manifest(&app, oras_pack::ManifestVersion::V1_1, "a/b", options).await;
    let Err(oras_pack::PackError::Push(error)) = attached else {
        panic!("{attached:?}")
    };
    assert!(
        *error.kind() == ErrorKind::NotListed && *error.inner().unwrap().kind() == ErrorKind::Refused,
        "{error:?}"
    );
    assert_eq!(app.resolve(&tag).await.unwrap().digest, subject.digest);
}

fn refusing_indexes() -> Fault {
    Fault::status(403)
        .on_route(Route::Manifest)
        .on_method(Method::PUT)
}

/// Attaches a referrer while the index, the second `PUT` of a manifest, cannot be written.
async fn attach_unlisted(place: &Place, app: &Repository, subject: &Descriptor) -> (Descriptor, Error) {
    place.server.inject(refusing_indexes().nth(2));
    let options = oras_pack::PackOptions::default()
        .with_subject(subject.plain())
        .with_annotations(BTreeMap::from([(
            "org.opencontainers.image.created".to_owned(),
            "2026-01-01T00:00:00Z".to_owned(),
        )]));
    let store = MemoryStore::new();
    let packed = pack_manifest(&store, ManifestVersion::V1_1, "a/b", options)
        .await
        .unwrap();
    let error = copy_graph(&store, app, &packed, &without(subject))
        .await
        .unwrap_err();
    (packed, error.source)
}

/// Copies everything except the subject, as `attach` does.
fn without(subject: &Descriptor) -> CopyOptions {
    struct Without(Descriptor);
    #[async_trait::async_trait]
    impl Selection for Without {
        async fn successors(&self, manifest: &Manifest) -> oras_content::Result<Vec<Descriptor>> {
            let others = manifest.successors().filter(|node| node.digest != self.0.digest);
            Ok(others.cloned().collect())
        }
    }
    CopyOptions::default().with_selection(Arc::new(Without(subject.clone())))
}

#[tokio::test]
async fn a_referrer_that_could_not_be_listed_says_that_it_was_pushed() {
    let place = Place::with(ServerOptions::default().with_referrers_api(false)).await;
    let app = place.repository("app");
    let subject = subject(&app).await;
    let (packed, error) = attach_unlisted(&place, &app, &subject).await;
    assert!(
        *error.kind() == ErrorKind::NotListed && *error.inner().unwrap().kind() == ErrorKind::Denied,
        "{error:?}"
    );
    assert!(error.to_string().contains("was pushed"), "{error}");
    assert!(app.exists(&packed).await.unwrap());
    assert!(digests(&app, &subject, None).await.is_empty());
}

#[tokio::test]
async fn a_second_attach_lists_the_referrer_that_the_first_one_did_not() {
    let place = Place::with(ServerOptions::default().with_referrers_api(false)).await;
    let app = place.repository("app");
    let subject = subject(&app).await;
    let (packed, _) = attach_unlisted(&place, &app, &subject).await;
    for fresh in [app, place.repository("app")] {
        let source = MemoryStore::new();
        copy_graph(&fresh, &source, &packed, &without(&subject))
            .await
            .unwrap();
        copy_graph(&source, &fresh, &packed, &without(&subject))
            .await
            .unwrap();
        assert_eq!(digests(&fresh, &subject, None).await, sorted(&[&packed]));
    }
}

#[tokio::test]
async fn a_recursive_copy_lists_referrers_that_are_there_unlisted() {
    let place = Place::with(ServerOptions::default().with_referrers_api(false)).await;
    let (from, to) = (place.repository("from"), place.repository("to"));
    let subject = subject(&from).await;
    from.tag(&subject, "v1").await.unwrap();
    let referrer = attach(&from, &subject, "a/b").await;
    let options = ExtendedCopyOptions::default();
    place.server.inject(refusing_indexes().on_repository("to").nth(3));
    assert!(extended_copy(&from, "v1", &to, "v1", &options).await.is_err());
    let again = place.repository("to");
    extended_copy(&from, "v1", &again, "v1", &options).await.unwrap();
    assert_eq!(
        digests(&place.repository("to"), &subject, None).await,
        sorted(&[&referrer])
    );
}

#[tokio::test]
async fn attaches_at_once_from_eight_processes_are_all_listed() {
    let place = Place::with(ServerOptions::default().with_referrers_api(false)).await;
    let app = place.repository("app");
    let subject = subject(&app).await;
    let kinds: Vec<String> = (0..8).map(|index| format!("kind/{index}")).collect();
    // A handle from a separate client shares nothing with the others, like another process.
    let work = kinds.iter().map(|kind| {
        let own = place.repository("app");
        let subject = &subject;
        async move { attach(&own, subject, kind).await }
    });
    let attached = futures_util::future::join_all(work).await;
    assert_eq!(
        digests(&app, &subject, None).await,
        sorted(&attached.iter().collect::<Vec<_>>())
    );
}

#[tokio::test]
async fn referrers_of_one_process_are_listed_together() {
    let place = Place::with(ServerOptions::default().with_referrers_api(false)).await;
    let app = place.repository("app");
    let subject = subject(&app).await;
    attach(&app, &subject, "first/one").await;
    place.journal().clear();
    let kinds: Vec<String> = (0..50).map(|index| format!("kind/{index}")).collect();
    let attached = kinds.iter().map(|kind| attach(&app, &subject, kind));
    futures_util::future::join_all(attached).await;
    let tag = subject.digest.as_str().replace(':', "-");
    let writes = place
        .journal()
        .count(|entry| entry.method == Method::PUT && entry.path.ends_with(&tag));
    assert!(writes <= 5, "{writes} writes of the index for 50 referrers");
    assert_eq!(digests(&app, &subject, None).await.len(), 51);
}

#[tokio::test]
async fn a_weak_entity_tag_is_not_sent_back() {
    let place = Place::with(ServerOptions::default().with_referrers_api(false)).await;
    let app = place.repository("app");
    let subject = subject(&app).await;
    attach(&app, &subject, "a/b").await;
    let weak = Fault::header("etag", "W/\"weak\"");
    place.server.inject(weak.on_route(Route::Manifest).always());
    let second = attach(&app, &subject, "c/d").await;
    assert!(
        digests(&app, &subject, None)
            .await
            .contains(&second.digest.to_string())
    );
    let sent = place.journal().count(|entry| {
        entry
            .request_headers
            .get("if-match")
            .is_some_and(|value| value.as_bytes().starts_with(b"W/"))
    });
    assert_eq!(sent, 0);
}

#[tokio::test]
async fn a_clean_up_that_fails_is_a_warning() {
    let place = Place::with(ServerOptions::default().with_referrers_api(false)).await;
    let (options, warnings) = heeding();
    let app = place.repository_with("app", options);
    let subject = subject(&app).await;
    let first = attach(&app, &subject, "a/b").await;
    let fault = Fault::status(500).on_method(Method::DELETE).always();
    place.server.inject(fault);
    let second = attach(&app, &subject, "c/d").await;
    assert_eq!(digests(&app, &subject, None).await, sorted(&[&first, &second]));
    assert!(warnings.lock().unwrap()[0].contains("the replaced index of referrers"));
}

/// Some registries answer like this to a client that may read the repository.
#[tokio::test]
async fn a_tag_that_is_hidden_while_it_is_missing_means_no_referrers_yet() {
    for status in [401, 403] {
        let place = Place::with(ServerOptions::default().with_referrers_api(false)).await;
        let app = place.repository("app");
        let subject = subject(&app).await;
        let hidden = || {
            Fault::status(status)
                .on_route(Route::Manifest)
                .on_method(Method::GET)
        };
        place.server.inject(hidden());
        assert!(digests(&app, &subject, None).await.is_empty());
        place.server.inject(hidden());
        let referrer = attach(&app, &subject, "a/b").await;
        assert_eq!(
            digests(&app, &subject, None).await,
            sorted(&[&referrer]),
            "{status}"
        );
    }
}

fn two_refused_reads() -> Fault {
    Fault::status(403)
        .on_route(Route::Manifest)
        .on_method(Method::GET)
        .times(2)
}

/// A tag that is listed but cannot be read is not missing.
#[tokio::test]
async fn an_index_that_may_not_be_read_is_not_replaced() {
    let place = Place::with(ServerOptions::default().with_referrers_api(false)).await;
    let app = place.repository("app");
    let subject = subject(&app).await;
    let referrer = attach(&app, &subject, "a/b").await;
    place.server.inject(two_refused_reads());
    let unread = app.referrers(&subject, None).try_collect::<Vec<_>>().await;
    assert_eq!(*unread.unwrap_err().kind(), ErrorKind::Denied);
    let options = PackOptions::default().with_subject(subject.plain());
    let attached = pack_manifest(&app, ManifestVersion::V1_1, "c/d", options).await;
    let Err(PackError::Push(error)) = attached else {
        panic!("{attached:?}")
    };
    assert_eq!(*error.kind(), ErrorKind::NotListed, "{error:?}");
    assert_eq!(digests(&app, &subject, None).await, sorted(&[&referrer]));
}

#[tokio::test]
async fn an_index_that_was_taken_and_is_not_given_back_counts_as_written() {
    let place = Place::with(ServerOptions::default().with_referrers_api(false)).await;
    let (options, warnings) = heeding();
    let app = place.repository_with("app", options);
    let subject = subject(&app).await;
    place.server.inject(two_refused_reads());
    let referrer = attach(&app, &subject, "a/b").await;
    assert!(
        warnings.lock().unwrap()[0].contains("was written"),
        "{warnings:?}"
    );
    assert_eq!(digests(&app, &subject, None).await, sorted(&[&referrer]));
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
    // The registry claims to maintain the list itself, which is enough.
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

/// Q27 to Q30: one client attaches; another client, new to the registry, lists.
#[tokio::test]
async fn what_one_client_attached_another_one_finds_with_every_quirk() {
    let rows = ["Q27", "Q28", "Q29"];
    for quirk in Quirk::ALL.iter().filter(|quirk| rows.contains(&quirk.row())) {
        let place = Place::quirky(*quirk).await;
        let app = place.repository("app");
        let subject = subject(&app).await;
        let referrer = attach(&app, &subject, "a/b").await;
        let other = Place {
            client: client(),
            ..place
        };
        let app = other.repository("app");
        let listed = digests(&app, &subject, None).await;
        assert_eq!(listed, sorted(&[&referrer]), "{quirk}");
        let forgetful = Place {
            client: client(),
            ..other
        };
        forgetful.repository("app").delete(&referrer).await.unwrap();
        let index = app
            .fetch_named(&subject.digest.as_str().replace(':', "-"), 4096)
            .await;
        let left = index.map(|index| Manifest::parse(index).unwrap().manifests().len());
        assert_eq!(left.unwrap_or_default(), 0, "{quirk}");
    }
}

/// If the tag does not exist, a refusal does not mean that there are no referrers.
#[tokio::test]
async fn a_refused_listing_is_no_empty_one() {
    let place = Place::quirky(Quirk::ReferrersInvalid).await;
    let app = place.repository("app");
    let subject = subject(&app).await;
    let error = app.predecessors(&subject).await.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Rejected, "{error:?}");
}

/// C63, C64: the client filters what the registry did not, and escapes the type.
#[tokio::test]
async fn referrers_are_filtered_by_whoever_did_not_say_that_it_is_done() {
    let node = |kind: &str| {
        let digest = oras_content::Digest::sha256(kind.as_bytes());
        format!(
            r#"{{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"{digest}","size":2,"artifactType":"{kind}"}}"#
        )
    };
    let body = format!(
        r#"{{"schemaVersion":2,"manifests":[{},{}]}}"#,
        node("a/x+json"),
        node("b/y")
    );
    for (filters, listed) in [
        ("", 1),
        ("OCI-Filters-Applied: other\r\n", 1),
        ("OCI-Filters-Applied: other, artifactType\r\n", 2),
    ] {
        let headers = format!("Content-Type: application/vnd.oci.image.index.v1+json\r\n{filters}");
        let body = body.clone();
        let server = Scripted::new(move |_| answer("200 OK", &headers, &body)).await;
        let app = server.repository(RegistryOptions::default());
        let subject = Descriptor::of(MediaType::OCI_MANIFEST, b"{}");
        assert_eq!(
            digests(&app, &subject, Some("a/x+json")).await.len(),
            listed,
            "{filters}"
        );
        let asked = &server.heads()[0];
        assert!(asked.contains("artifactType=a%2Fx%2Bjson"), "{asked}");
    }
}
