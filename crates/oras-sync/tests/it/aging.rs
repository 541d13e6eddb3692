//! Tags by their age: which are chosen, what that costs, and what stays where others go.

use jiff::{SignedDuration, Timestamp};
use oras_content::{Annotations, ImageIndex, ImageManifest, MediaType, StoreExt, WriterExt, annotations};
use oras_server::{Route, ServerOptions};
use oras_server_faults::Fault;
use oras_sync::{Age, NamePattern, Names, SyncError, TagAction, TagFilter, TagSelection};

use crate::world::{World, created, push};

const YEARS: [&str; 4] = ["2001", "2002", "2003", "2004"];

/// Tags `v1` to `v4`, made on the first day of four years; one that says no date, and one of nonsense.
async fn world() -> World {
    let world = World::with(ServerOptions::default().with_delete(true)).await;
    let app = world.store("app");
    for (number, year) in YEARS.iter().enumerate() {
        let tag = format!("v{}", number + 1);
        created(&app, &tag, &[&tag], &format!("{year}-01-01T00:00:00Z")).await;
    }
    created(&app, "v5", &["v5"], "1970-01-01T00:00:00Z").await;
    created(&app, "v6", &["v6"], "9999-12-30T00:00:00Z").await;
    world
}

fn moment(text: &str) -> oras_sync::Moment {
    text.parse().unwrap()
}

fn after(text: &str) -> TagFilter {
    TagFilter::default().with_newer_than(moment(text))
}

fn before(text: &str) -> TagFilter {
    TagFilter::default().with_older_than(moment(text))
}

#[tokio::test]
async fn tags_are_chosen_by_their_age() {
    let world = world().await;
    for (number, (filter, expected)) in [
        (after("2002-06-01"), "v3,v4"),
        (before("2002-06-01"), "v1,v2"),
        (after("2001-06-01").with_older_than(moment("2003-06-01")), "v2,v3"),
        // A bound is neither newer nor older than itself.
        (after("2002-01-01").with_older_than(moment("2004-01-01")), "v3"),
        (before("2003-06-01").with_newest(1, Age::Version), "v3"),
        (before("2003-06-01").with_newest(2, Age::Created), "v2,v3"),
        (before("1d"), "v1,v2,v3,v4"),
        (after("10d"), ""),
    ]
    .into_iter()
    .enumerate()
    {
        let (to, shown) = (format!("mirror/{number}"), format!("{filter:?}"));
        let job = world.job("app", &to).with_tags(TagSelection::Filter(filter));
        let report = world.sync([job]).await;
        assert!(report.is_done(), "{report:?}");
        assert_eq!(world.tags(&to).await, expected, "{shown}");
    }
}

#[tokio::test]
async fn what_has_no_date_is_counted_and_not_copied() {
    let world = world().await;
    let job = world
        .job("app", "mirror")
        .with_tags(TagSelection::Filter(after("1990-01-01")));
    let report = world.sync([job]).await;
    assert_eq!((report.jobs[0].undated, report.is_done()), (2, true));
    assert_eq!(world.tags("mirror").await, "v1,v2,v3,v4");
}

/// An image whose configuration says when it was made, and an index of two of them.
async fn images(world: &World) {
    let app = world.store("app");
    let mut entries = Vec::new();
    for number in 1..=2 {
        let config = format!("{{\"created\":\"2005-01-01T00:00:00Z\",\"n\":{number}}}");
        let config = app.push_bytes(MediaType::OCI_CONFIG, config).await.unwrap();
        entries.push(push(&app, ImageManifest::new(config).to_content()).await);
    }
    app.tag(&entries[0], "v7").await.unwrap();
    let index = push(&app, ImageIndex::new(entries.clone()).to_content()).await;
    app.tag(&index, "v8").await.unwrap();
    let mut annotated = ImageIndex::new(entries);
    let when = "2006-01-01T00:00:00Z".to_owned();
    annotated.annotations = Annotations::from([(annotations::CREATED.to_owned(), when)]);
    let annotated = push(&app, annotated.to_content()).await;
    app.tag(&annotated, "v9").await.unwrap();
}

#[tokio::test]
async fn a_date_costs_a_request_and_two_more_where_no_annotation_says_it() {
    let world = world().await;
    images(&world).await;
    let reads = |world: &World| {
        let of = |route| world.requests(|entry| entry.route == route && entry.method.as_str() == "GET");
        (of(Route::Manifest), of(Route::Blob))
    };
    for (name, expected) in [
        // The manifest alone.
        ("v4", (1, 0)),
        // The manifest and its configuration.
        ("v7", (1, 1)),
        // The index, and the first of its manifests with its configuration.
        ("v8", (2, 1)),
        ("v9", (1, 0)),
    ] {
        let names = Names::default().with_include([NamePattern::Glob(name.parse().unwrap())]);
        let filter = before("1990-01-01").with_names(names);
        let job = world.job("app", "mirror").with_tags(TagSelection::Filter(filter));
        let report = world.sync([job]).await;
        assert!(report.is_done() && report.jobs[0].undated == 0, "{report:?}");
        assert_eq!(reads(&world), expected, "{name}");
    }
}

#[tokio::test]
async fn only_so_many_dates_are_asked_for_as_newest_by_version_needs() {
    let world = World::new().await;
    for number in 0..50 {
        let tag = format!("1.{number}.0");
        created(&world.store("app"), &tag, &[&tag], "2001-01-01T00:00:00Z").await;
    }
    let filter = before("2002-01-01").with_newest(2, Age::Version);
    let job = || {
        let filter = TagSelection::Filter(filter.clone());
        [world.job("app", "mirror").with_tags(filter)]
    };
    world.sync(job()).await;
    assert_eq!(world.tags("mirror").await, "1.48.0,1.49.0");
    world.sync(job()).await;
    let asked = world.of_manifests("GET", "app");
    assert!((2..=3).contains(&asked), "{asked}");
}

/// Gives a tag to an image whose configuration would say when it was made, and is refused.
async fn make_unreadable(world: &World, tag: &str) {
    let app = world.store("app");
    let config = app
        .push_bytes(MediaType::OCI_CONFIG, "{\"created\":\"2010-01-01T00:00:00Z\"}")
        .await
        .unwrap();
    let refused = Fault::status(403).on_route(Route::Blob).on_digest(&config.digest);
    world.server.inject(refused.always());
    let image = push(&app, ImageManifest::new(config).to_content()).await;
    app.tag(&image, tag).await.unwrap();
}

#[tokio::test]
async fn what_grew_too_old_goes_and_what_has_no_known_age_stays() {
    let world = world().await;
    let mirror = world.store("mirror");
    for tag in ["v0", "v1", "v2", "v4", "v5", "v6"] {
        created(&mirror, tag, &["old"], "2000-01-01T00:00:00Z").await;
    }
    make_unreadable(&world, "v2").await;
    let job = world
        .job("app", "mirror")
        .with_tags(TagSelection::Filter(after("2002-06-01")))
        .with_delete(true);
    let report = world.sync([job]).await;
    let gone: Vec<&str> = report.jobs[0]
        .tags
        .iter()
        .filter(|tag| tag.action == TagAction::Delete)
        .map(|tag| tag.tag.as_str())
        .collect();
    // One is not at the source, and one is too old there.
    assert_eq!(gone, ["v0", "v1"]);
    assert_eq!(world.tags("mirror").await, "v2,v3,v4,v5,v6");
    let errors: Vec<_> = report.jobs[0].errors().collect();
    assert!(matches!(errors[..], [SyncError::Date { .. }]), "{errors:?}");
}

#[tokio::test]
async fn what_is_not_old_enough_yet_stays_as_it_is() {
    let world = world().await;
    let day_ago = Timestamp::now() - SignedDuration::from_hours(24);
    created(&world.store("app"), "v1", &["new"], &day_ago.to_string()).await;
    let old = created(&world.store("mirror"), "v1", &["old"], "2000-01-01T00:00:00Z").await;
    let job = world
        .job("app", "mirror")
        .with_tags(TagSelection::Filter(before("7d")))
        .with_delete(true);
    let report = world.sync([job]).await;
    assert!(report.is_done(), "{report:?}");
    assert_eq!(
        world.store("mirror").resolve("v1").await.unwrap().digest,
        old.digest
    );
    assert_eq!(report.jobs[0].count(TagAction::Delete), 0);
}

#[tokio::test]
async fn the_newest_by_date_do_not_push_out_what_has_none() {
    let world = world().await;
    created(&world.store("mirror"), "v5", &["old"], "2000-01-01T00:00:00Z").await;
    created(&world.store("mirror"), "v1", &["old"], "2000-01-01T00:00:00Z").await;
    let filter = TagFilter::default().with_newest(2, Age::Created);
    let job = world.job("app", "mirror").with_tags(TagSelection::Filter(filter));
    let report = world.sync([job.with_delete(true)]).await;
    assert_eq!((report.jobs[0].undated, report.is_done()), (2, true));
    assert_eq!(world.tags("mirror").await, "v3,v4,v5");
}

#[tokio::test]
async fn one_tag_that_cannot_be_read_does_not_end_the_choice_of_the_newest() {
    let world = world().await;
    make_unreadable(&world, "v4").await;
    let filter = TagFilter::default().with_newest(2, Age::Created);
    let job = world.job("app", "mirror").with_tags(TagSelection::Filter(filter));
    let report = world.sync([job]).await;
    assert_eq!(
        (report.jobs[0].failures(), &report.jobs[0].error.is_none()),
        (1, &true)
    );
    assert_eq!(world.tags("mirror").await, "v2,v3");
}
