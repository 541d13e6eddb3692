//! What fails ends nothing else.

use oras_content::{Descriptor, ImageManifest, MediaType, WriterExt};
use oras_server::Route;
use oras_server_faults::Fault;
use oras_sync::{Job, Place, SyncError, TagAction};

use crate::world::{World, artifact, push};

#[tokio::test]
async fn a_tag_that_fails_is_told_once_and_the_others_are_copied() {
    let world = World::new().await;
    let app = world.store("app");
    for number in 0..30 {
        artifact(&app, &format!("v{number:02}"), &["shared", &number.to_string()]).await;
    }
    let config = app.push_bytes(MediaType::OCI_EMPTY, "{}").await.unwrap();
    let mut manifest = ImageManifest::new(config);
    manifest.layers = vec![Descriptor::of("text/plain".parse().unwrap(), b"lost")];
    let bad = push(&app, manifest.to_content()).await;
    app.tag(&bad, "v10").await.unwrap();
    let report = world.sync([world.job("app", "mirror")]).await;
    let job = &report.jobs[0];
    assert_eq!((job.count(TagAction::Copy), job.failures()), (29, 1));
    let failed: Vec<_> = job.tags.iter().filter(|tag| tag.error.is_some()).collect();
    assert_eq!((failed.len(), failed[0].tag.as_str()), (1, "v10"));
    assert_eq!(failed[0].root.as_ref().unwrap().digest, bad.digest);
    assert!(matches!(failed[0].error, Some(SyncError::Copy(_))));
    assert!(!report.is_done());
    assert!(!world.tags("mirror").await.contains("v10"));
}

#[tokio::test]
async fn jobs_that_fail_end_no_others() {
    let world = World::new().await;
    artifact(&world.store("app"), "v1", &["x"]).await;
    let refused = Fault::status(403).on_route(Route::Tags).on_repository("secret");
    world.server.inject(refused.always());
    let closed = Job::new(
        Place::Repository("not a name".to_owned()),
        world.place("mirror/closed"),
    );
    let mixed = Job::new(
        Place::Registry(world.server.registry()),
        world.place("mirror/mixed"),
    );
    let jobs = [
        world.job("secret", "mirror/secret"),
        closed,
        mixed,
        world.job("app", "mirror/app"),
    ];
    let report = world.sync(jobs).await;
    let errors: Vec<_> = report.jobs.iter().map(|job| job.error.clone()).collect();
    assert!(matches!(errors[0], Some(SyncError::List { .. })), "{errors:?}");
    assert!(matches!(errors[1], Some(SyncError::Open { .. })), "{errors:?}");
    assert!(
        matches!(errors[2], Some(SyncError::Mismatch { .. })),
        "{errors:?}"
    );
    assert!(errors[3].is_none());
    assert_eq!(world.tags("mirror/app").await, "v1");
}

#[tokio::test]
async fn a_tag_that_is_not_there_fails_alone() {
    let world = World::new().await;
    artifact(&world.store("app"), "v1", &["x"]).await;
    let these = vec!["none".parse().unwrap(), "v1".parse().unwrap()];
    let job = world
        .job("app", "mirror")
        .with_tags(oras_sync::TagSelection::These(these));
    let report = world.sync([job]).await;
    let [none, v1] = &report.jobs[0].tags[..] else {
        panic!("{report:?}")
    };
    assert!(matches!(&none.error, Some(SyncError::Resolve { source, .. }) if source.is_not_found()));
    assert!(v1.error.is_none());
}

#[tokio::test]
async fn a_repository_that_always_fails_is_given_up() {
    let world = World::new().await;
    let root = artifact(&world.store("app"), "t0000", &["x"]).await;
    for number in 1..600 {
        world
            .store("app")
            .tag(&root, format!("t{number:04}").as_str())
            .await
            .unwrap();
    }
    let full = Fault::rate_limited("3600")
        .on_route(Route::Manifest)
        .on_repository("mirror");
    world.server.inject(full.always());
    let report = world.sync([world.job("app", "mirror")]).await;
    let job = &report.jobs[0];
    assert!(
        matches!(job.error, Some(SyncError::GivenUp { failures: 256 })),
        "{:?}",
        job.error
    );
    assert_eq!(job.failures(), 256);
    assert_eq!(world.of_manifests("HEAD", "app"), 256);
}
