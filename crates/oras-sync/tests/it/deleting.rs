//! What goes at a destination.

use http::Method;
use oras_content::StoreExt;
use oras_server::ServerOptions;
use oras_server_faults::Fault;
use oras_sync::{
    Age, Job, NamePattern, Names, Place, SyncError, SyncOptions, TagAction, TagFilter, TagSelection,
};

use crate::world::{World, artifact};

pub(crate) fn releases() -> TagSelection {
    let names = Names::default().with_include([NamePattern::Glob("v*".parse().unwrap())]);
    TagSelection::Filter(TagFilter::default().with_names(names))
}

/// The mirror has tags that the source does not have, of which one is not of the selection.
async fn world(options: ServerOptions) -> World {
    let world = World::with(options).await;
    for tag in ["v1", "v2"] {
        artifact(&world.store("app"), tag, &[tag]).await;
    }
    for tag in ["v0", "v2", "mine"] {
        artifact(&world.store("mirror"), tag, &[tag]).await;
    }
    world
}

#[tokio::test]
async fn only_what_the_selection_would_choose_goes_and_only_where_a_job_says_so() {
    let world = world(ServerOptions::default().with_delete(true)).await;
    let job = |delete| {
        [world
            .job("app", "mirror")
            .with_tags(releases())
            .with_delete(delete)]
    };
    let report = world.sync(job(false)).await;
    assert_eq!(report.jobs[0].count(TagAction::Delete), 0);
    assert_eq!(world.tags("mirror").await, "mine,v0,v1,v2");

    let dry_run = SyncOptions::default().with_dry_run(true);
    let report = world.sync_with(job(true), &dry_run).await;
    assert_eq!(report.jobs[0].count(TagAction::Delete), 1);
    assert_eq!(report.jobs[0].tags[0].tag.as_str(), "v0");
    assert_eq!(
        (world.changes(), world.tags("mirror").await.as_str()),
        (0, "mine,v0,v1,v2")
    );

    let root = world.store("mirror").resolve("v0").await.unwrap();
    let report = world.sync(job(true)).await;
    assert_eq!(report.jobs[0].tags[0].before.as_ref(), Some(&root.digest));
    assert_eq!(world.tags("mirror").await, "mine,v1,v2");
    // The manifest stays: somebody may pull it by its digest.
    assert!(world.store("mirror").resolve(&root.digest).await.is_ok());
}

#[tokio::test]
async fn what_is_not_among_the_newest_any_more_goes() {
    let world = World::with(ServerOptions::default().with_delete(true)).await;
    let keep = |count| {
        let filter = TagFilter::default().with_newest(count, Age::Version);
        let job = world.job("app", "mirror").with_delete(true);
        [job.with_tags(TagSelection::Filter(filter))]
    };
    for tag in ["1.0", "1.1"] {
        artifact(&world.store("app"), tag, &[tag]).await;
    }
    world.sync(keep(2)).await;
    artifact(&world.store("app"), "1.2", &["1.2"]).await;
    // No such tag is ever among the newest versions.
    for tag in ["latest", "1.3.0-rc.1"] {
        artifact(&world.store("mirror"), tag, &[tag]).await;
    }
    let report = world.sync(keep(2)).await;
    assert_eq!(report.jobs[0].count(TagAction::Delete), 1, "{report:?}");
    assert_eq!(world.tags("mirror").await, "1.1,1.2,1.3.0-rc.1,latest");
}

#[tokio::test]
async fn nothing_goes_where_another_job_writes() {
    let world = world(ServerOptions::default().with_delete(true)).await;
    artifact(&world.store("other"), "v5", &["x"]).await;
    let job = world.job("app", "mirror").with_tags(releases()).with_delete(true);
    let report = world.sync([job, world.job("other", "mirror")]).await;
    let error = &report.jobs[0].error;
    assert!(
        matches!(error, Some(SyncError::SharedDestination { .. })),
        "{error:?}"
    );
    assert!(report.jobs[1].error.is_none());
    assert_eq!(world.tags("mirror").await, "mine,v0,v2,v5");
}

#[tokio::test]
async fn nothing_goes_where_a_job_for_all_of_a_registry_writes() {
    let world = world(ServerOptions::default().with_delete(true)).await;
    artifact(&world.store("other/b"), "v5", &["x"]).await;
    let deletes = world.job("app", "all/b").with_delete(true);
    let all = |name: &str| Place::Registry(format!("{}/{name}", world.server.registry()));
    let whole = Job::new(all("other"), all("all"));
    let report = world.sync([deletes, whole]).await;
    let error = &report.jobs[0].error;
    assert!(
        matches!(error, Some(SyncError::SharedDestination { .. })),
        "{error:?}"
    );
    assert_eq!(world.tags("all/b").await, "v5");
}

#[tokio::test]
async fn a_layout_is_the_same_by_any_path() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("there")).unwrap();
    for (one, other) in [("there", "./there"), ("new", "there/../new")] {
        let world = world(ServerOptions::default()).await;
        let to = |name: &str| Place::Layout(dir.path().join(name));
        let deletes = Job::new(world.place("app"), to(one)).with_delete(true);
        let report = world
            .sync([deletes, Job::new(world.place("mirror"), to(other))])
            .await;
        let error = &report.jobs[0].error;
        assert!(
            matches!(error, Some(SyncError::SharedDestination { .. })),
            "{one}: {error:?}"
        );
    }
}

#[tokio::test]
async fn nothing_goes_from_what_is_read() {
    let world = world(ServerOptions::default().with_delete(true)).await;
    let filter = TagFilter::default().with_newest(1, Age::Version);
    let job = world.job("app", "app").with_delete(true);
    let whole = |name: &str| Place::Registry(format!("{}{name}", world.server.registry()));
    let report = world.sync([job.with_tags(TagSelection::Filter(filter))]).await;
    let error = &report.jobs[0].error;
    assert!(matches!(error, Some(SyncError::OwnSource { .. })), "{error:?}");
    assert_eq!((world.changes(), world.tags("app").await.as_str()), (0, "v1,v2"));

    artifact(&world.store("old/app"), "v0", &["v0"]).await;
    let below = Job::new(whole(""), whole("/old")).with_delete(true);
    let report = world.sync([below]).await;
    let refused = report
        .jobs
        .iter()
        .filter(|job| matches!(job.error, Some(SyncError::OwnSource { .. })));
    assert_eq!(refused.count(), 1, "{report:?}");
    assert_eq!(world.tags("old/app").await, "v0");
}

#[tokio::test]
async fn a_destination_that_is_not_there_has_nothing_to_remove() {
    let world = world(ServerOptions::default().with_delete(true)).await;
    let dry_run = SyncOptions::default().with_dry_run(true);
    let report = world
        .sync_with([world.job("app", "new").with_delete(true)], &dry_run)
        .await;
    assert!(report.is_done(), "{report:?}");
    assert_eq!(report.jobs[0].count(TagAction::Copy), 2);
}

#[tokio::test]
async fn a_destination_that_says_it_is_not_there_after_a_copy_is_told_of() {
    let world = world(ServerOptions::default().with_delete(true)).await;
    let gone = Fault::status(404).on_route(oras_server::Route::Tags);
    world.server.inject(gone.on_repository("mirror"));
    let job = world.job("app", "mirror").with_tags(releases()).with_delete(true);
    let report = world.sync([job]).await;
    assert!(
        matches!(report.jobs[0].error, Some(SyncError::List { .. })),
        "{report:?}"
    );
}

#[tokio::test]
async fn nothing_goes_where_the_source_has_nothing() {
    let world = world(ServerOptions::default().with_delete(true)).await;
    artifact(&world.store("empty"), "other", &["x"]).await;
    let job = world
        .job("empty", "mirror")
        .with_tags(releases())
        .with_delete(true);
    let report = world.sync([job]).await;
    assert!(
        matches!(report.jobs[0].error, Some(SyncError::NothingChosen { .. })),
        "{report:?}"
    );
    assert_eq!(world.tags("mirror").await, "mine,v0,v2");
}

#[tokio::test]
async fn nothing_goes_where_the_source_cannot_be_listed() {
    let world = world(ServerOptions::default().with_delete(true)).await;
    let fault = Fault::status(403).on_route(oras_server::Route::Tags);
    world.server.inject(fault.on_repository("app").always());
    let job = world.job("app", "mirror").with_tags(releases()).with_delete(true);
    let report = world.sync([job]).await;
    assert!(
        matches!(report.jobs[0].error, Some(SyncError::List { .. })),
        "{report:?}"
    );
    assert_eq!(
        (world.changes(), world.tags("mirror").await.as_str()),
        (0, "mine,v0,v2")
    );
}

#[tokio::test]
async fn a_registry_that_does_not_delete_tags_is_told_of() {
    let world = world(ServerOptions::default().with_tag_delete(false)).await;
    let job = world.job("app", "mirror").with_tags(releases()).with_delete(true);
    let report = world.sync([job]).await;
    let failed: Vec<&str> = report.jobs[0]
        .tags
        .iter()
        .filter(|tag| tag.error.is_some())
        .map(|tag| tag.tag.as_str())
        .collect();
    assert_eq!(failed, ["v0"]);
    assert_eq!(world.tags("mirror").await, "mine,v0,v1,v2");
}

#[tokio::test]
async fn nothing_goes_where_the_source_is_being_written() {
    let world = world(ServerOptions::default().with_delete(true)).await;
    let fills = world.job("other", "app");
    let all = |name: &str| Place::Registry(format!("{}/{name}", world.server.registry()));
    artifact(&world.store("team/app"), "v5", &["x"]).await;
    let below = Job::new(all("team"), all("more"));
    for (fills, from) in [(fills, "app"), (below, "more/app")] {
        artifact(&world.store(from), "v2", &["v2"]).await;
        let deletes = world.job(from, "mirror").with_tags(releases()).with_delete(true);
        let report = world.sync([deletes, fills]).await;
        let error = &report.jobs[0].error;
        assert!(
            matches!(error, Some(SyncError::ChangingSource { .. })),
            "{from}: {error:?}"
        );
        assert_eq!(world.tags("mirror").await, "mine,v0,v2");
    }
}

#[tokio::test]
async fn a_registry_that_deletes_manifests_with_their_tags_gets_them_back() {
    let world = world(ServerOptions::default().with_delete(true)).await;
    let root = world.store("mirror").resolve("v0").await.unwrap();
    for method in [Method::HEAD, Method::GET] {
        let gone = Fault::status(404).on_method(method).on_digest(&root.digest);
        world.server.inject(gone);
    }
    let job = world.job("app", "mirror").with_tags(releases()).with_delete(true);
    let report = world.sync([job]).await;
    let errors: Vec<_> = report.jobs[0].errors().collect();
    assert!(matches!(errors[..], [SyncError::Delete { .. }]), "{errors:?}");
    let puts =
        world.requests(|entry| entry.method == Method::PUT && entry.path.contains(root.digest.encoded()));
    assert_eq!(puts, 1);
}
