//! Which tags are chosen.

use oras_sync::{Age, NamePattern, Names, TagFilter, TagSelection};

use crate::world::{World, created};

const TAGS: [(&str, &str); 9] = [
    ("1.0.0", "2020-01-09T00:00:00Z"),
    ("1.2.0", "2020-01-02T00:00:00Z"),
    ("1.2.0-rc1", "2020-01-03T00:00:00Z"),
    ("1.10.0", "2020-01-04T00:00:00Z"),
    ("2.0.0-beta", "2020-01-05T00:00:00Z"),
    ("edge", "2020-01-06T00:00:00Z"),
    ("latest", "1970-01-01T00:00:00Z"),
    ("v3", "2020-01-08T00:00:00Z"),
    ("nightly-7", "2020-01-07T00:00:00Z"),
];

fn globs(texts: &[&str]) -> Vec<NamePattern> {
    texts
        .iter()
        .map(|text| NamePattern::Glob(text.parse().unwrap()))
        .collect()
}

fn versions(texts: &[&str]) -> TagFilter {
    TagFilter::default().with_versions(texts.iter().map(|text| text.parse().unwrap()))
}

fn named(names: Names) -> TagFilter {
    TagFilter::default().with_names(names)
}

fn cases() -> Vec<(TagFilter, &'static str)> {
    let all = Names::default;
    let whole = |text| [NamePattern::whole(text).unwrap()];
    vec![
        (
            named(all().with_include(globs(&["1.*", "e?ge"]))),
            "1.0.0,1.10.0,1.2.0,1.2.0-rc1,edge",
        ),
        (named(all().with_include(whole(r"v?\d+"))), "v3"),
        (
            named(all().with_include([NamePattern::anywhere(r"\d$").unwrap()])),
            "1.0.0,1.10.0,1.2.0,1.2.0-rc1,nightly-7,v3",
        ),
        (
            named(all().with_exclude(globs(&["*-*", "latest"]))),
            "1.0.0,1.10.0,1.2.0,edge,v3",
        ),
        (versions(&[">=1.2"]), "1.10.0,1.2.0,v3"),
        (versions(&[">=1.2.0-0 <1.9", "3.x"]), "1.2.0,1.2.0-rc1,v3"),
        (TagFilter::default().with_newest(2, Age::Version), "1.10.0,v3"),
        (versions(&["1.x"]).with_newest(2, Age::Version), "1.10.0,1.2.0"),
        (
            versions(&[">=1.2.0-0"]).with_newest(2, Age::Version),
            "2.0.0-beta,v3",
        ),
        (
            TagFilter::default().with_newest(3, Age::Created),
            "1.0.0,nightly-7,v3",
        ),
        (versions(&["^1"]).with_newest(1, Age::Created), "1.0.0"),
        (named(all().with_include(globs(&["none*"]))), ""),
    ]
}

#[tokio::test]
async fn filters_choose_what_they_say() {
    let world = World::new().await;
    for (tag, when) in TAGS {
        created(&world.store("app"), tag, &[tag], when).await;
    }
    for (number, (filter, expected)) in cases().into_iter().enumerate() {
        let to = format!("mirror/{number}");
        let shown = format!("{filter:?}");
        let job = world.job("app", &to).with_tags(TagSelection::Filter(filter));
        let report = world.sync([job]).await;
        assert!(report.is_done(), "{report:?}");
        assert_eq!(world.tags(&to).await, expected, "{shown}");
    }
}

#[tokio::test]
async fn tags_that_are_named_are_not_listed() {
    let world = World::new().await;
    for tag in ["a", "b", "c"] {
        created(&world.store("app"), tag, &[tag], "2020-01-02T00:00:00Z").await;
    }
    let these = TagSelection::These(vec!["a".parse().unwrap(), "c".parse().unwrap()]);
    world.sync([world.job("app", "mirror").with_tags(these)]).await;
    assert_eq!(world.tags("mirror").await, "a,c");
    assert_eq!(world.requests(|entry| entry.route == oras_server::Route::Tags), 0);
}
