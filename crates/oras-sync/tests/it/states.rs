//! What the state of the last time saves, and what it does not.

use std::sync::Arc;

use oras_content::{StoreExt, Untagger};
use oras_server::ServerOptions;
use oras_sync::{Rename, State, StateError, SyncOptions};

use crate::world::{World, artifact, index};

async fn synced(options: &SyncOptions) -> World {
    let world = World::new().await;
    for tag in ["v1", "v2", "v3"] {
        artifact(&world.store("app"), tag, &[tag]).await;
    }
    world.sync_with([world.job("app", "mirror")], options).await;
    world
}

#[tokio::test]
async fn a_state_is_kept_and_not_believed_unless_it_is_trusted() {
    let state = Arc::new(State::default());
    let options = SyncOptions::default().with_state(Arc::clone(&state));
    let world = synced(&options).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.json");
    state.save(&path).unwrap();

    let mirror = world.store("mirror");
    mirror.untag(&"v2".parse().unwrap()).await.unwrap();
    let options = SyncOptions::default().with_state(Arc::new(State::load(&path).unwrap()));
    let trusting = options.clone().with_trust_state(true);
    let report = world.sync_with([world.job("app", "mirror")], &trusting).await;
    assert_eq!(report.jobs[0].up_to_date, 3);
    assert_eq!(world.of_manifests("HEAD", "mirror"), 0);
    assert_eq!(world.of_manifests("HEAD", "app"), 3);

    let report = world.sync_with([world.job("app", "mirror")], &options).await;
    assert_eq!((report.jobs[0].up_to_date, report.jobs[0].tags.len()), (2, 1));
    assert!(mirror.resolve("v2").await.is_ok());
}

#[tokio::test]
async fn a_tag_that_changed_at_the_source_is_copied_though_the_state_is_trusted() {
    let options = SyncOptions::default()
        .with_state(Arc::default())
        .with_trust_state(true);
    let world = synced(&options).await;
    let new = artifact(&world.store("app"), "v2", &["new"]).await;
    let report = world.sync_with([world.job("app", "mirror")], &options).await;
    assert_eq!(report.jobs[0].up_to_date, 2);
    assert_eq!(
        world.store("mirror").resolve("v2").await.unwrap().digest,
        new.digest
    );
}

#[tokio::test]
async fn a_state_holds_only_for_the_same_platforms() {
    let world = World::new().await;
    index(&world.store("app"), "v1", &["amd64", "arm64"]).await;
    let options = SyncOptions::default()
        .with_state(Arc::default())
        .with_trust_state(true);
    let state = Arc::clone(options.state.as_ref().unwrap());
    let job = |platform: &str| {
        [world
            .job("app", "mirror")
            .with_platforms([platform.parse().unwrap()])]
    };
    world.sync_with(job("linux/amd64"), &options).await;
    let report = world.sync_with(job("linux/amd64"), &options).await;
    assert_eq!(report.jobs[0].up_to_date, 1);
    assert_eq!(world.of_manifests("GET", "app"), 0);
    // What the tag stands for at the destination is not what it does at the source.
    let there = world.store("mirror").resolve("v1").await.unwrap().digest;
    let folder = tempfile::tempdir().unwrap();
    state.save(&folder.path().join("state.json")).unwrap();
    let text = std::fs::read_to_string(folder.path().join("state.json")).unwrap();
    assert!(text.contains(&format!("\"destination\":\"{there}\"")), "{text}");
    let report = world.sync_with(job("linux/arm64"), &options).await;
    assert_eq!(report.jobs[0].tags.len(), 1);
}

#[tokio::test]
async fn a_dry_run_leaves_the_state_alone() {
    let state = Arc::new(State::default());
    let options = SyncOptions::default()
        .with_state(Arc::clone(&state))
        .with_dry_run(true);
    synced(&options).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.json");
    state.save(&path).unwrap();
    assert_eq!(
        std::fs::read_to_string(&path).unwrap(),
        r#"{"version":1,"sources":{}}"#
    );
}

#[test]
fn files_that_are_no_state_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.json");
    assert!(State::load(&path).is_ok());
    std::fs::write(&path, "{").unwrap();
    assert!(matches!(State::load(&path), Err(StateError::Invalid { .. })));
    std::fs::write(&path, r#"{"version":2,"sources":{}}"#).unwrap();
    assert!(matches!(
        State::load(&path),
        Err(StateError::Version { version: 2, .. })
    ));
}

#[tokio::test]
async fn a_tag_that_went_and_came_back_is_copied_though_the_state_is_trusted() {
    let options = SyncOptions::default()
        .with_state(Arc::default())
        .with_trust_state(true);
    let world = World::with(ServerOptions::default().with_delete(true)).await;
    for tag in ["v1", "v2"] {
        artifact(&world.store("app"), tag, &[tag]).await;
    }
    let job = || {
        let rename = Rename::new([("v*", "*")]).unwrap();
        [world.job("app", "mirror").with_rename(rename).with_delete(true)]
    };
    world.sync_with(job(), &options).await;
    world.store("app").untag(&"v1".parse().unwrap()).await.unwrap();
    world.sync_with(job(), &options).await;
    assert_eq!(world.tags("mirror").await, "2");
    artifact(&world.store("app"), "v1", &["v1"]).await;
    world.sync_with(job(), &options).await;
    assert_eq!(world.tags("mirror").await, "1,2");
}
