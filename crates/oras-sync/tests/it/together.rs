//! Many jobs: what they share, registries as a whole, and other stores.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use oras_content::StoreExt;
use oras_copy::{Event, Totals};
use oras_layout::LayoutStore;
use oras_server::Route;
use oras_server_faults::Fault;
use oras_sync::{Job, NamePattern, Names, Place, SyncError, SyncOptions, TagAction};

use crate::world::{World, artifact};

#[tokio::test]
async fn a_blob_that_one_job_moved_is_mounted_by_the_next() {
    let (source, target) = (World::new().await, World::new().await);
    for name in ["one", "two", "three"] {
        artifact(&source.store(name), "v1", &["shared", name]).await;
    }
    let jobs = ["one", "two", "three"].map(|name| Job::new(source.place(name), target.place(name)));
    source.server.journal().clear();
    // One after the other, so that it is known what is there.
    let report = target.sync_with(jobs, &SyncOptions::default().with_jobs(1)).await;
    assert!(report.is_done(), "{report:?}");
    let read = source.requests(|entry| entry.route == Route::Blob && entry.method.as_str() == "GET");
    // The shared layer once, and one layer of each. The empty configuration is in the manifest.
    assert_eq!(read, 1 + 3);
    let mounted = target.requests(|entry| entry.route == Route::Uploads && entry.status.as_u16() == 201);
    // The shared layer and the configuration, twice.
    assert_eq!(mounted, 4);
}

#[tokio::test]
async fn a_blob_that_several_jobs_want_at_the_same_time_is_moved_once() {
    let (source, target) = (World::new().await, World::new().await);
    let names = ["one", "two", "three"];
    for name in names {
        artifact(&source.store(name), "v1", &["shared"]).await;
    }
    // All ask before one has it.
    target
        .server
        .inject(Fault::latency(Duration::from_millis(50)).always());
    let jobs = names.map(|name| Job::new(source.place(name), target.place(name)));
    source.server.journal().clear();
    let report = target.sync_with(jobs, &SyncOptions::default().with_jobs(3)).await;
    assert!(report.is_done(), "{report:?}");
    let read = source.requests(|entry| entry.route == Route::Blob && entry.method.as_str() == "GET");
    assert_eq!(read, 1);
    // The shared layer, and the configuration that is in the manifest.
    let uploaded = target.requests(|entry| entry.route == Route::Upload && entry.method.as_str() == "PUT");
    assert_eq!(uploaded, 2);
}

#[tokio::test]
async fn a_blob_that_a_repository_got_is_not_asked_for_again() {
    let (source, target) = (World::new().await, World::new().await);
    let app = source.store("app");
    artifact(&app, "v1", &["shared"]).await;
    artifact(&app, "w1", &["shared", "other"]).await;
    let job = |glob: &str| {
        let names = Names::default().with_include([NamePattern::Glob(glob.parse().unwrap())]);
        let filter = oras_sync::TagFilter::default().with_names(names);
        Job::new(source.place("app"), target.place("app")).with_tags(oras_sync::TagSelection::Filter(filter))
    };
    target
        .sync_with([job("v*"), job("w*")], &SyncOptions::default().with_jobs(1))
        .await;
    assert_eq!(target.tags("app").await, "v1,w1");
    // The shared layer, the other one, and the configuration.
    assert_eq!(target.requests(|entry| entry.route == Route::Uploads), 3);
}

#[tokio::test]
async fn a_registry_is_kept_the_same_as_another() {
    let (source, target) = (World::new().await, World::new().await);
    for name in ["team/a", "team/b", "team/old/c", "other/d"] {
        artifact(&source.store(name), "v1", &[name]).await;
    }
    let place = |world: &World, path: &str| Place::Registry(format!("{}/{path}", world.server.registry()));
    let but_old = Names::default().with_exclude([NamePattern::Glob("old/*".parse().unwrap())]);
    let job = Job::new(place(&source, "team"), place(&target, "mirror")).with_repositories(but_old);
    let report = sync_from(&source, &target, [job]).await;
    assert_eq!(report.jobs.len(), 2);
    assert!(report.is_done(), "{report:?}");
    for (name, tags) in [
        ("mirror/a", "v1"),
        ("mirror/b", "v1"),
        ("mirror/old/c", ""),
        ("mirror/d", ""),
    ] {
        assert_eq!(target.tags(name).await, tags, "{name}");
    }
}

async fn sync_from(source: &World, target: &World, jobs: impl IntoIterator<Item = Job>) -> oras_sync::Report {
    target.server.journal().clear();
    oras_sync::sync(&oras_sync::SyncPlan::new(jobs), source, &SyncOptions::default()).await
}

#[tokio::test]
async fn layouts_are_sources_and_destinations() {
    let (world, folder) = (World::new().await, tempfile::tempdir().unwrap());
    let root = artifact(&world.store("app"), "v1", &["x"]).await;
    let layout = Place::Layout(folder.path().join("layout"));
    let report = world.sync([Job::new(world.place("app"), layout.clone())]).await;
    assert_eq!(report.jobs[0].count(TagAction::Copy), 1, "{report:?}");
    let opened = LayoutStore::open(folder.path().join("layout")).await.unwrap();
    assert_eq!(opened.resolve("v1").await.unwrap().digest, root.digest);
    drop(opened);
    let report = world.sync([Job::new(layout, world.place("back"))]).await;
    assert_eq!(report.jobs[0].count(TagAction::Copy), 1, "{report:?}");
    assert_eq!(world.tags("back").await, "v1");
}

#[tokio::test]
async fn jobs_that_write_to_one_layout_lose_no_tag() {
    let (world, folder) = (World::new().await, tempfile::tempdir().unwrap());
    let layout = Place::Layout(folder.path().join("layout"));
    let mut jobs = Vec::new();
    for number in 0..6 {
        let name = format!("app{number}");
        for tag in ["a", "b", "c"] {
            artifact(&world.store(&name), &format!("{name}-{tag}"), &[&name, tag]).await;
        }
        jobs.push(Job::new(world.place(&name), layout.clone()));
    }
    let report = world.sync(jobs).await;
    assert!(report.is_done(), "{report:?}");
    let opened = LayoutStore::open(folder.path().join("layout")).await.unwrap();
    for number in 0..6 {
        for tag in ["a", "b", "c"] {
            let tag = format!("app{number}-{tag}");
            assert!(opened.resolve(tag.as_str()).await.is_ok(), "{tag}");
        }
    }
}

#[tokio::test]
async fn events_are_told_as_of_one_copy() {
    let world = World::new().await;
    for name in ["one", "two"] {
        artifact(&world.store(name), "v1", &[name]).await;
    }
    let seen: Arc<Mutex<Vec<Totals>>> = Arc::default();
    let hears = Arc::clone(&seen);
    let options = SyncOptions::default().with_events(Arc::new(move |event: Event<'_>| {
        if let Event::Finished { totals, .. } = event {
            hears.lock().unwrap().push(totals);
        }
    }));
    let jobs = [world.job("one", "mirror/one"), world.job("two", "mirror/two")];
    world.sync_with(jobs, &options).await;
    let seen = seen.lock().unwrap();
    assert!(seen.is_sorted_by_key(|totals| totals.finished_nodes));
    let last = seen.last().unwrap();
    assert_eq!((last.nodes, last.finished_nodes), (6, 6));
}

#[test]
fn one_place_has_many_names() {
    let repository = |name: &str| Place::Repository(name.to_owned());
    let registry = |name: &str| Place::Registry(name.to_owned());
    for (one, other) in [
        (repository("r.example/app"), repository("r.example:443/app")),
        (repository("r.example/app"), repository("R.Example/app")),
        (registry("r.example"), registry("r.example:443/")),
        (registry("r.example/team"), registry("R.example:443/team/")),
        (
            repository("docker.io/library/alpine"),
            repository("index.docker.io/library/alpine"),
        ),
        (repository("localhost:5000/a"), repository("127.0.0.1:5000/a")),
        (registry("localhost:5000"), registry("[::1]:5000")),
    ] {
        assert!(one.is_same_as(&other), "{one} {other}");
    }
    for (one, other) in [
        (repository("r.example/app"), repository("r.example:444/app")),
        (repository("r.example/app"), repository("r.example/apps")),
        (repository("r.example/app"), registry("r.example/app")),
    ] {
        assert!(!one.is_same_as(&other), "{one} {other}");
    }
}

#[tokio::test]
async fn a_tag_that_two_jobs_would_give_is_not_moved_back_and_forth() {
    let world = World::new().await;
    for (repository, layer) in [("one", "1"), ("two", "2")] {
        for tag in ["v1", layer] {
            artifact(&world.store(repository), tag, &[layer]).await;
        }
        // What is the same is no matter of who gives it.
        artifact(&world.store(repository), "same", &["same"]).await;
    }
    let jobs = || [world.job("one", "mirror"), world.job("two", "mirror")];
    let mut given = None;
    for _ in 0..3 {
        let report = world.sync(jobs()).await;
        let errors: Vec<_> = report
            .jobs
            .iter()
            .flat_map(oras_sync::JobReport::errors)
            .collect();
        let [SyncError::AlsoGiven { name, from }] = &errors[..] else {
            panic!("{errors:?}")
        };
        assert_eq!(name.as_str(), "v1");
        // The first job of the plan is the first to write.
        assert!(from.ends_with("/one:v1"), "{from}");
        assert_eq!(world.tags("mirror").await, "1,2,same,v1");
        let now = world.store("mirror").resolve("v1").await.unwrap().digest;
        assert_eq!(*given.get_or_insert(now.clone()), now, "it stays as it was");
    }
}

#[tokio::test]
async fn jobs_of_one_source_may_choose_the_same_tags() {
    let world = World::new().await;
    artifact(&world.store("app"), "v1", &["x"]).await;
    let report = world
        .sync([world.job("app", "mirror"), world.job("app", "mirror")])
        .await;
    assert!(report.is_done(), "{report:?}");
}
