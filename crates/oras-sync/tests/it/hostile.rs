//! Sources that tell nonsense, and plans that would do harm.

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::stream::{self, BoxStream, StreamExt};
use oras_content::{
    Descriptor, Name, OpenOptions, Opened, ResolveOptions, Resolved, Result, Store, TagListOptions,
    TagLister, Untagger, WriterExt,
};
use oras_memory::MemoryStore;
use oras_server::ServerOptions;
use oras_sync::{
    Age, BoxError, Job, Place, Places, Report, SyncError, SyncOptions, SyncPlan, TagAction, TagFilter,
    TagSelection, sync,
};

use crate::world::{World, artifact};

/// A store that lists these tags, whatever it has.
#[derive(Clone)]
struct Lists {
    store: MemoryStore,
    tags: Vec<String>,
}

impl std::fmt::Display for Lists {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("lists")
    }
}

#[async_trait]
impl Store for Lists {
    async fn open(&self, target: &Descriptor, opts: OpenOptions) -> Result<Opened> {
        self.store.open(target, opts).await
    }

    async fn resolve_opts(&self, name: &Name, opts: ResolveOptions) -> Result<Resolved> {
        self.store.resolve_opts(name, opts).await
    }

    fn tag_lister(&self) -> Option<&dyn TagLister> {
        Some(self)
    }
}

impl TagLister for Lists {
    fn tags(&self, _: TagListOptions) -> BoxStream<'_, Result<String>> {
        stream::iter(self.tags.clone()).map(Ok).boxed()
    }
}

/// That store, and a destination.
struct Two {
    from: Lists,
    to: MemoryStore,
}

#[async_trait]
impl Places for Two {
    async fn source(&self, _: &Place) -> std::result::Result<Arc<dyn Store>, BoxError> {
        Ok(Arc::new(self.from.clone()))
    }

    async fn destination(&self, _: &Place, _: bool) -> std::result::Result<Arc<dyn Store>, BoxError> {
        Ok(Arc::new(self.to.clone()))
    }

    async fn repositories(&self, _: &str) -> std::result::Result<Vec<String>, BoxError> {
        Err("there are none".into())
    }
}

async fn two(there: &[&str], listed: &[&str]) -> Two {
    let store = MemoryStore::new();
    for tag in there {
        artifact(&store, tag, &[tag]).await;
    }
    let tags = listed.iter().map(|&tag| tag.to_owned()).collect();
    Two {
        from: Lists { store, tags },
        to: MemoryStore::new(),
    }
}

async fn run(two: &Two, change: impl Fn(Job) -> Job) -> Report {
    let place = |name: &str| Place::Repository(name.to_owned());
    let job = change(Job::new(place("r.example/from"), place("r.example/to")));
    sync(&SyncPlan::new([job]), two, &SyncOptions::default()).await
}

#[tokio::test]
async fn a_tag_that_is_listed_twice_counts_once() {
    let two = two(&["1.0", "1.1", "1.2"], &["1.2", "1.0", "1.2", "1.1"]).await;
    let report = run(&two, |job| job).await;
    assert_eq!(report.jobs[0].count(TagAction::Copy), 3, "{report:?}");
    let report = run(&two, |job| job).await;
    assert_eq!(report.jobs[0].up_to_date, 3);
    let newest = TagFilter::default().with_newest(2, Age::Version);
    let report = run(&two, |job| job.with_tags(TagSelection::Filter(newest.clone()))).await;
    assert_eq!(report.jobs[0].up_to_date, 2);
}

#[tokio::test]
async fn a_tag_that_is_listed_again_after_many_others_counts_once() {
    let tags: Vec<String> = (0..300).map(|number| format!("v{number}")).collect();
    let tags: Vec<&str> = tags.iter().map(String::as_str).collect();
    let listed: Vec<&str> = tags.iter().chain([&"v0"]).copied().collect();
    let two = two(&tags, &listed).await;
    let report = run(&two, |job| job).await;
    assert_eq!(report.jobs[0].count(TagAction::Copy), 300);
    assert_eq!(report.jobs[0].up_to_date, 0);
    let report = run(&two, |job| job).await;
    assert_eq!(report.jobs[0].up_to_date, 300);
}

#[tokio::test]
async fn a_name_that_no_tag_can_have_does_not_end_the_others() {
    let digest = format!("sha256:{}", "0".repeat(64));
    for bad in ["", digest.as_str()] {
        let two = two(&["v1", "v2", "v3"], &["v1", bad, "v3"]).await;
        artifact(&two.to, "v0", &["v0"]).await;
        let report = run(&two, |job| job.with_delete(true)).await;
        assert_eq!(report.jobs[0].count(TagAction::Copy), 2, "{report:?}");
        // What is listed is not all that is there.
        assert_eq!(report.jobs[0].count(TagAction::Delete), 0);
        let error = &report.jobs[0].error;
        assert!(matches!(error, Some(SyncError::List { .. })), "{error:?}");
    }
}

#[tokio::test]
async fn a_source_that_lost_its_tags_since_they_were_listed_takes_none_away() {
    let two = two(&["v1"], &["v1", "v2", "v3"]).await;
    for tag in ["v2", "v3"] {
        artifact(&two.to, tag, &[tag]).await;
    }
    let report = run(&two, |job| job.with_delete(true)).await;
    assert_eq!(
        (report.jobs[0].failures(), report.jobs[0].count(TagAction::Delete)),
        (2, 0)
    );
}

#[tokio::test]
async fn one_bad_tag_of_ten_thousand_fails_alone() {
    const TAGS: usize = 10_000;
    let mut two = two(&["one", "two"], &[]).await;
    let [one, other] = ["one", "two"].map(|tag| tag.parse().unwrap());
    let one = two.from.store.resolve_opts(&one, ResolveOptions::default()).await;
    let other = two
        .from
        .store
        .resolve_opts(&other, ResolveOptions::default())
        .await;
    let roots = [one, other].map(|resolved| resolved.unwrap().descriptor);
    for number in 0..TAGS {
        let tag = format!("v{number}");
        two.from.store.tag(&roots[number % 2], &tag).await.unwrap();
        two.from.tags.push(tag);
    }
    two.from.store.untag(&"v5000".parse().unwrap()).await.unwrap();
    let report = run(&two, |job| job).await;
    assert_eq!(
        (report.jobs[0].failures(), report.jobs[0].count(TagAction::Copy)),
        (1, TAGS - 1)
    );
    let report = run(&two, |job| job).await;
    // Nothing is kept of a tag that is the same.
    assert_eq!(
        (report.jobs[0].up_to_date, report.jobs[0].tags.len()),
        (TAGS - 1, 1)
    );
}

#[tokio::test]
async fn a_registry_that_goes_below_itself_does_not_grow_with_each_run() {
    let world = World::with(ServerOptions::default()).await;
    artifact(&world.store("app"), "v1", &["x"]).await;
    let whole = |path: &str| Place::Registry(format!("{}{path}", world.server.registry()));
    let job = || [Job::new(whole(""), whole("/copy"))];
    for _ in 0..2 {
        let report = world.sync(job()).await;
        assert!(report.is_done(), "{report:?}");
        assert_eq!(report.jobs.len(), 1);
    }
    assert_eq!(world.tags("copy/app").await, "v1");
    assert_eq!(world.tags("copy/copy/app").await, "");
}

#[tokio::test]
async fn a_part_of_a_registry_goes_to_its_top() {
    let world = World::with(ServerOptions::default()).await;
    for name in ["team/app", "team/other"] {
        artifact(&world.store(name), "v1", &["x"]).await;
    }
    let whole = |path: &str| Place::Registry(format!("{}{path}", world.server.registry()));
    for _ in 0..2 {
        let report = world.sync([Job::new(whole("/team"), whole(""))]).await;
        assert_eq!((report.is_done(), report.jobs.len()), (true, 2), "{report:?}");
    }
    assert_eq!(world.tags("app").await, "v1");
}
