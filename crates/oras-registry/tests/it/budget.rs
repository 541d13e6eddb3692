//! The request budget: no more requests than the protocol needs.

use oras_content::WriterExt;
use oras_copy::{CopyOptions, copy, tag_n};
use oras_memory::MemoryStore;
use oras_server::Route;

use oras_registry::RegistryOptions;

use crate::hostile::{Scripted, answer};
use crate::place::{Place, artifact};

const LAYERS: usize = 20;
/// The layers and the config.
const BLOBS: usize = LAYERS + 1;

async fn source() -> MemoryStore {
    let source = MemoryStore::new();
    let root = artifact(&source, LAYERS).await;
    source.tag(&root, "v1").await.unwrap();
    source
}

/// Returns how many requests `work` makes.
async fn requests(place: &Place, work: impl Future<Output = ()>) -> usize {
    let journal = place.journal();
    let before = journal.requests();
    work.await;
    usize::try_from(journal.requests() - before).unwrap()
}

#[tokio::test]
async fn a_push_costs_two_requests_a_blob_and_two_a_manifest() {
    let (place, source) = (Place::new().await, source().await);
    let app = place.repository("app");
    let options = CopyOptions::default();
    let made = requests(&place, async {
        copy(&source, "v1", &app, "v1", &options).await.unwrap();
    });
    assert_eq!(made.await, 2 * BLOBS + 2);
}

#[tokio::test]
async fn a_blob_that_is_there_costs_one_request() {
    let (place, source) = (Place::new().await, source().await);
    let app = place.repository("app");
    let options = CopyOptions::default();
    copy(&source, "v1", &app, "v1", &options).await.unwrap();
    let other = MemoryStore::new();
    let root = artifact(&other, LAYERS + 3).await;
    other.tag(&root, "v2").await.unwrap();
    let made = requests(&place, async {
        copy(&other, "v2", &app, "v2", &options).await.unwrap();
    });
    let (lacking, there) = (3, BLOBS);
    assert_eq!(made.await, 2 * lacking + there + 2);
}

#[tokio::test]
async fn pushing_again_costs_two_requests() {
    let (place, source) = (Place::new().await, source().await);
    let app = place.repository("app");
    let options = CopyOptions::default();
    copy(&source, "v1", &app, "v1", &options).await.unwrap();
    let made = requests(&place, async {
        copy(&source, "v1", &app, "v1", &options).await.unwrap();
    });
    assert_eq!(made.await, 2);
}

#[tokio::test]
async fn a_pull_costs_one_request_a_blob_and_one_a_manifest() {
    let (place, source) = (Place::new().await, source().await);
    let app = place.repository("app");
    let options = CopyOptions::default();
    copy(&source, "v1", &app, "v1", &options).await.unwrap();
    let made = requests(&place, async {
        copy(&app, "v1", &MemoryStore::new(), "v1", &options)
            .await
            .unwrap();
    });
    assert_eq!(made.await, BLOBS + 1);
}

#[tokio::test]
async fn a_copy_within_a_registry_mounts_every_blob_and_sends_none() {
    let (place, source) = (Place::new().await, source().await);
    let (app, twin) = (place.repository("app"), place.repository("twin"));
    let options = CopyOptions::default();
    copy(&source, "v1", &app, "v1", &options).await.unwrap();
    place.journal().clear();
    copy(&app, "v1", &twin, "v1", &options).await.unwrap();
    let journal = place.journal();
    // One GET at the source; at the destination a mount per blob, a HEAD and a PUT.
    assert_eq!(journal.entries().len(), 1 + BLOBS + 2);
    assert_eq!(journal.count(|entry| entry.route == Route::Uploads), BLOBS);
    assert_eq!(
        journal.count(|entry| matches!(entry.route, Route::Upload | Route::Blob)),
        0
    );
}

#[tokio::test]
async fn more_tags_cost_one_request() {
    let (place, source) = (Place::new().await, source().await);
    let app = place.repository("app");
    copy(&source, "v1", &app, "v1", &CopyOptions::default())
        .await
        .unwrap();
    let made = requests(&place, async {
        tag_n(&app, "v1", &["a", "b", "c"]).await.unwrap();
    });
    assert_eq!(made.await, 1 + 1);
    let made = requests(&place, async {
        copy(
            &source,
            "v1",
            &app,
            "d",
            &CopyOptions::default().with_tags(tags(&["e", "f"])),
        )
        .await
        .unwrap();
    });
    assert_eq!(made.await, 1 + 1);
}

fn tags(texts: &[&str]) -> Vec<oras_content::Tag> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

/// A registry that does not support the parameter costs one extra request, once.
#[tokio::test]
async fn tags_that_a_registry_does_not_give_at_once_cost_one_request_each() {
    let manifest = oras_content::ImageManifest::new(oras_content::Descriptor::empty_json()).to_content();
    let server = Scripted::new(|_| answer("201 Created", "", "")).await;
    let app = server.repository(RegistryOptions::default());
    for expected in [1 + 3, 3] {
        let before = server.heads().len();
        let options = oras_content::PushOptions::default().with_tags(tags(&["a", "b", "c"]));
        let pushed =
            oras_content::Writer::push_opts(&app, manifest.descriptor(), manifest.clone().into(), options);
        pushed.await.unwrap();
        assert_eq!(server.heads().len() - before, expected);
    }
}
