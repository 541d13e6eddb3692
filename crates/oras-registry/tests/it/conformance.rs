//! The conformance suite for stores.

use std::sync::atomic::{AtomicUsize, Ordering};

use oras_conformance::Suite;
use oras_content::{MediaType, WriterExt};
use oras_registry::{ReferrersMode, RegistryOptions, Repository};

use crate::place::Place;

/// Returns a new repository for each check. It exists, because it has a blob that no check uses.
async fn fresh(place: &Place, options: &RegistryOptions) -> Repository {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let name = format!("conformance/{}", NEXT.fetch_add(1, Ordering::Relaxed));
    let repository = place.repository_with(&name, options.clone());
    repository
        .push_bytes(MediaType::OCTET_STREAM, "it exists")
        .await
        .unwrap();
    repository
}

#[tokio::test]
async fn a_repository_keeps_the_promises_of_every_store() {
    let place = Place::with(oras_server::ServerOptions::default().with_sparse(true)).await;
    let options = RegistryOptions::default();
    Suite::new(|| fresh(&place, &options))
        .with_ranges()
        .with_manifests()
        .with_names()
        .with_untag()
        .with_tag_list()
        .with_delete()
        .with_subjects()
        .with_referrers()
        .run()
        .await;
}

#[tokio::test]
async fn referrers_under_a_tag_are_no_different() {
    let place = Place::with(
        oras_server::ServerOptions::default()
            .with_sparse(true)
            .with_referrers_api(false),
    )
    .await;
    let options = RegistryOptions::default().with_referrers(ReferrersMode::Detect);
    Suite::new(|| fresh(&place, &options))
        .with_manifests()
        .with_subjects()
        .with_referrers()
        .run()
        .await;
}
