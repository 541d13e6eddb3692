//! What is kept the same, and what it costs.

use oras_content::{Store, StoreExt};
use oras_server::{Route, ServerOptions};
use oras_sync::{Referrers, SyncOptions, TagAction};

use crate::world::{World, artifact, index, referrer};

const TAGS: usize = 20;

/// A registry with pages of 8 tags, and a repository `app` of 20 tags that share a layer.
async fn many() -> World {
    let world = World::with(ServerOptions::default().with_page_size(8)).await;
    for number in 0..TAGS {
        let own = format!("layer {number}");
        artifact(&world.store("app"), &format!("v{number:02}"), &["shared", &own]).await;
    }
    world
}

#[tokio::test]
async fn all_tags_are_copied_and_what_they_share_once() {
    let world = many().await;
    let report = world.sync([world.job("app", "mirror/app")]).await;
    assert!(report.is_done(), "{report:?}");
    assert_eq!(report.jobs[0].count(TagAction::Copy), TAGS);
    assert_eq!(world.tags("mirror/app").await, world.tags("app").await);
    // One blob for each tag, the shared one, and the empty configuration: all are mounted.
    assert_eq!(world.requests(|entry| entry.route == Route::Uploads), TAGS + 2);
}

#[tokio::test]
async fn a_repository_that_is_the_same_costs_a_request_a_page_and_two_a_tag() {
    let world = many().await;
    let job = || [world.job("app", "mirror/app")];
    world.sync(job()).await;
    let report = world.sync(job()).await;
    assert_eq!((report.jobs[0].up_to_date, report.jobs[0].tags.len()), (TAGS, 0));
    assert_eq!(world.requests(|entry| entry.route == Route::Tags), 3);
    for repository in ["app", "mirror/app"] {
        assert_eq!(world.of_manifests("HEAD", repository), TAGS);
        assert_eq!(world.of_manifests("GET", repository), 0);
    }
    // Beside those, only what finds out how the registry is spoken to.
    assert_eq!(world.requests(|entry| entry.route != Route::Base), 3 + 2 * TAGS);
}

#[tokio::test]
async fn only_what_changed_is_copied() {
    let world = many().await;
    world.sync([world.job("app", "mirror/app")]).await;
    let old = world.store("app").resolve("v03").await.unwrap();
    let new = artifact(&world.store("app"), "v03", &["new"]).await;
    artifact(&world.store("app"), "v99", &["shared"]).await;
    let report = world.sync([world.job("app", "mirror/app")]).await;
    let job = &report.jobs[0];
    assert_eq!(job.up_to_date, TAGS - 1);
    let update = job
        .tags
        .iter()
        .find(|tag| tag.action == TagAction::Update)
        .unwrap();
    assert_eq!(
        (update.tag.as_str(), update.before.as_ref()),
        ("v03", Some(&old.digest))
    );
    assert_eq!(job.count(TagAction::Copy), 1);
    assert_eq!(
        world.store("mirror/app").resolve("v03").await.unwrap().digest,
        new.digest
    );
    assert_eq!(world.of_manifests("PUT", "mirror/app"), 2);
}

#[tokio::test]
async fn a_dry_run_tells_and_writes_nothing() {
    let world = many().await;
    let options = SyncOptions::default().with_dry_run(true);
    let report = world.sync_with([world.job("app", "mirror/app")], &options).await;
    assert_eq!(report.jobs[0].count(TagAction::Copy), TAGS);
    assert_eq!(world.changes(), 0);
    assert_eq!(world.of_manifests("GET", "app"), 0);

    let (index, _) = index(&world.store("multi"), "v1", &["amd64", "arm64"]).await;
    referrer(&world.store("multi"), &index, "t/sbom").await;
    let job = world.job("multi", "mirror/multi").with_referrers(Referrers::All);
    let report = world.sync_with([job], &options).await;
    assert_eq!(report.jobs[0].tags[0].referrers, 1);
    assert_eq!(world.changes(), 0);
}

#[tokio::test]
async fn platforms_are_compared_by_what_they_select() {
    let world = World::new().await;
    let (index, images) = index(&world.store("app"), "v1", &["amd64", "arm64"]).await;
    let job = || {
        [world
            .job("app", "mirror/app")
            .with_platforms(["linux/arm64".parse().unwrap()])]
    };
    let report = world.sync(job()).await;
    assert_eq!(report.jobs[0].count(TagAction::Copy), 1, "{report:?}");
    let mirror = world.store("mirror/app");
    assert_eq!(mirror.resolve("v1").await.unwrap().digest, images[1].digest);
    assert!(!mirror.exists(&index).await.unwrap());
    let report = world.sync(job()).await;
    assert_eq!((report.jobs[0].up_to_date, world.changes()), (1, 0));
    assert_eq!(world.of_manifests("HEAD", "mirror/app"), 1);
}

#[tokio::test]
async fn referrers_of_some_types_come_along_also_when_the_tag_is_the_same() {
    let world = World::new().await;
    let app = world.store("app");
    let root = artifact(&app, "v1", &["x"]).await;
    let sbom = referrer(&app, &root, "t/sbom").await;
    let job = |types: &[&str]| {
        let types = types.iter().map(|text| text.parse().unwrap()).collect();
        [world
            .job("app", "mirror/app")
            .with_referrers(Referrers::Types(types))]
    };
    world.sync(job(&["t/signature"])).await;
    let mirror = world.store("mirror/app");
    assert!(!mirror.exists(&sbom).await.unwrap());
    let signature = referrer(&app, &root, "t/signature").await;
    let other = referrer(&app, &root, "t/other").await;
    let report = world.sync(job(&["t/sbom", "t/signature"])).await;
    assert_eq!((report.jobs[0].up_to_date, report.is_done()), (1, true));
    for (node, is_there) in [(&sbom, true), (&signature, true), (&other, false)] {
        assert_eq!(mirror.exists(node).await.unwrap(), is_there);
    }
}

#[tokio::test]
async fn digest_tags_come_along_with_what_they_belong_to() {
    let world = World::new().await;
    let app = world.store("app");
    let (index, images) = index(&app, "v1", &["amd64", "arm64"]).await;
    let other = artifact(&app, "other", &["x"]).await;
    let own = |owner: &oras_content::Descriptor, ends: &str| {
        format!("{}{ends}", owner.digest.as_str().replace(':', "-"))
    };
    let tags = [
        own(&index, ".sig"),
        own(&images[1], ".att"),
        own(&other, ".sig"),
        own(&index, ""),
    ];
    for tag in &tags {
        artifact(&app, tag, &[tag]).await;
    }
    let only_v1 = || {
        let names =
            oras_sync::Names::default().with_include([oras_sync::NamePattern::Glob("v*".parse().unwrap())]);
        let filter = oras_sync::TagFilter::default().with_names(names);
        world
            .job("app", "mirror/app")
            .with_tags(oras_sync::TagSelection::Filter(filter))
    };
    world.sync([only_v1()]).await;
    assert_eq!(world.tags("mirror/app").await, "v1");
    let report = world.sync([only_v1().with_digest_tags(true)]).await;
    assert!(report.is_done(), "{report:?}");
    let mut expected = [tags[0].as_str(), tags[1].as_str(), "v1"];
    expected.sort_unstable();
    assert_eq!(world.tags("mirror/app").await, expected.join(","));
}
