//! Tags that are called otherwise at the destination.

use std::sync::Arc;

use oras_content::{Descriptor, StoreExt};
use oras_server::ServerOptions;
use oras_sync::{
    Age, Job, NamePattern, Names, Rename, SyncError, SyncOptions, TagAction, TagFilter, TagSelection,
};

use crate::world::{World, artifact};

async fn world(tags: &[&str]) -> World {
    let world = World::with(ServerOptions::default().with_delete(true)).await;
    for tag in tags {
        artifact(&world.store("app"), tag, &[tag]).await;
    }
    world
}

fn job(world: &World, rules: &[(&str, &str)]) -> Job {
    let rename = Rename::new(rules.iter().copied()).unwrap();
    world.job("app", "mirror").with_rename(rename)
}

fn named(pattern: &str) -> TagSelection {
    let names = Names::default().with_include([NamePattern::whole(pattern).unwrap()]);
    TagSelection::Filter(TagFilter::default().with_names(names))
}

async fn digest(world: &World, repository: &str, tag: &str) -> Descriptor {
    world.store(repository).resolve(tag).await.unwrap().plain()
}

#[tokio::test]
async fn tags_are_copied_under_their_new_names_and_found_there() {
    let world = world(&["v1.0", "v1.1", "latest", "edge"]).await;
    let job = || [job(&world, &[("v*", "app-*-x"), ("latest", "stable")])];
    let dry_run = SyncOptions::default().with_dry_run(true);
    for options in [dry_run, SyncOptions::default()] {
        let report = world.sync_with(job(), &options).await;
        assert!(report.is_done(), "{report:?}");
        let mut names: Vec<_> = report.jobs[0]
            .tags
            .iter()
            .map(|tag| {
                (
                    tag.tag.as_str(),
                    tag.renamed.as_ref().map(oras_content::Tag::as_str),
                )
            })
            .collect();
        names.sort_unstable();
        let expected = [
            ("edge", None),
            ("latest", Some("stable")),
            ("v1.0", Some("app-1.0-x")),
            ("v1.1", Some("app-1.1-x")),
        ];
        assert_eq!(names, expected);
    }
    assert_eq!(world.tags("mirror").await, "app-1.0-x,app-1.1-x,edge,stable");
    assert_eq!(
        digest(&world, "mirror", "app-1.1-x").await,
        digest(&world, "app", "v1.1").await
    );

    let report = world.sync(job()).await;
    assert_eq!((report.jobs[0].up_to_date, world.changes()), (4, 0));
    artifact(&world.store("app"), "v1.1", &["new"]).await;
    let report = world.sync(job()).await;
    assert_eq!(report.jobs[0].count(TagAction::Update), 1);
    assert_eq!(
        digest(&world, "mirror", "app-1.1-x").await,
        digest(&world, "app", "v1.1").await
    );
}

#[tokio::test]
async fn tags_that_would_be_called_the_same_fail_and_the_others_are_copied() {
    let world = world(&["v1.0", "1.0", "v2.0"]).await;
    let there = artifact(&world.store("mirror"), "1.0", &["there"]).await;
    let report = world.sync([job(&world, &[("v*", "*")]).with_delete(true)]).await;
    let told: Vec<String> = report.jobs[0].errors().map(ToString::to_string).collect();
    assert_eq!(told.len(), 2, "{told:?}");
    for told in &told {
        assert!(
            told.contains("v1.0") && told.contains("would have the same name, 1.0"),
            "{told}"
        );
    }
    assert_eq!(world.tags("mirror").await, "1.0,2.0");
    assert_eq!(digest(&world, "mirror", "1.0").await.digest, there.digest);

    // Of those that are not chosen, the names are free.
    let only_v = job(&world, &[("v*", "*")]).with_tags(named("v.*"));
    assert!(world.sync([only_v]).await.is_done());
    assert_eq!(
        digest(&world, "mirror", "1.0").await,
        digest(&world, "app", "v1.0").await
    );
}

#[tokio::test]
async fn only_what_the_job_would_have_called_so_goes() {
    let world = world(&["v1", "v2"]).await;
    let mirror = world.store("mirror");
    for tag in ["app-0", "app-1", "app-mine", "v0", "v1", "0", "mine"] {
        artifact(&mirror, tag, &["there"]).await;
    }
    let job = job(&world, &[("v*", "app-*")]).with_tags(named(r"v\d+"));
    let report = world.sync([job.with_delete(true)]).await;
    assert!(report.is_done(), "{report:?}");
    assert_eq!(world.tags("mirror").await, "0,app-1,app-2,app-mine,mine,v0,v1");
}

#[tokio::test]
async fn what_is_not_among_the_newest_any_more_goes_by_its_new_name() {
    let world = world(&["v1.0.0", "v1.1.0"]).await;
    let filter = TagFilter::default().with_newest(2, Age::Version);
    let job = || {
        [job(&world, &[("v*", "*")])
            .with_tags(TagSelection::Filter(filter.clone()))
            .with_delete(true)]
    };
    world.sync(job()).await;
    assert_eq!(world.tags("mirror").await, "1.0.0,1.1.0");
    artifact(&world.store("app"), "v1.2.0", &["new"]).await;
    world.sync(job()).await;
    assert_eq!(world.tags("mirror").await, "1.1.0,1.2.0");
}

#[tokio::test]
async fn names_that_no_tag_can_have_fail_alone() {
    let world = world(&["v", "v1", "w1", "x1", "y"]).await;
    let signature = format!("sha256-{}.sig", "a".repeat(64));
    let rules = [("v*", "*"), ("w*", "a/*"), ("y", signature.as_str())];
    let report = world.sync([job(&world, &rules)]).await;
    let mut failed: Vec<&str> = report.jobs[0]
        .tags
        .iter()
        .filter(|tag| tag.error.is_some())
        .map(|tag| tag.tag.as_str())
        .collect();
    failed.sort_unstable();
    assert_eq!(failed, ["v", "w1", "y"], "{report:?}");
    let renames = report.jobs[0]
        .errors()
        .filter(|error| matches!(error, SyncError::Rename { .. }));
    assert_eq!(renames.count(), 2);
    assert_eq!(world.tags("mirror").await, "1,x1");
}

#[tokio::test]
async fn digest_tags_keep_their_names() {
    let world = world(&["v1"]).await;
    let root = digest(&world, "app", "v1").await;
    let signature = format!("{}.sig", root.digest.as_str().replace(':', "-"));
    artifact(&world.store("app"), &signature, &["signature"]).await;
    let report = world
        .sync([job(&world, &[("*", "x-*")]).with_digest_tags(true)])
        .await;
    assert!(report.is_done(), "{report:?}");
    assert_eq!(world.tags("mirror").await, format!("{signature},x-v1"));
}

#[tokio::test]
async fn a_state_holds_only_for_the_same_names() {
    let world = world(&["v1"]).await;
    let options = SyncOptions::default()
        .with_state(Arc::default())
        .with_trust_state(true);
    world.sync_with([job(&world, &[("v*", "*")])], &options).await;
    let report = world.sync_with([job(&world, &[("v*", "*")])], &options).await;
    assert_eq!(report.jobs[0].up_to_date, 1);
    world.sync_with([job(&world, &[("v*", "app-*")])], &options).await;
    assert_eq!(world.tags("mirror").await, "1,app-1");
}
