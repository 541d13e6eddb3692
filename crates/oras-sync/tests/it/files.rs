//! Plans in YAML, of three forms.

use oras_sync::{
    Age, FileOptions, Job, Moment, Newest, Place, Referrers, SyncFile, TagFilter, TagSelection, Tls,
};

fn read(text: &str) -> SyncFile {
    SyncFile::read(text, &FileOptions::default()).unwrap()
}

fn filter(job: &Job) -> &TagFilter {
    match &job.tags {
        TagSelection::Filter(filter) => filter,
        other => panic!("{other:?}"),
    }
}

fn these(job: &Job) -> Vec<&str> {
    match &job.tags {
        TagSelection::These(tags) => tags.iter().map(oras_content::Tag::as_str).collect(),
        other => panic!("{other:?}"),
    }
}

fn places(job: &Job) -> (String, String) {
    (job.from.to_string(), job.to.to_string())
}

fn pair(from: &str, to: &str) -> (String, String) {
    (from.to_owned(), to.to_owned())
}

const OWN: &str = r#"
registries:
  localhost:5000: {plainHttp: true}
  mirror.example: {insecure: true}
  registry.example: {caFile: corp.pem}
defaults:
  referrers: true
  platforms: [linux/amd64]
jobs:
- from: registry.example/team/app
  to: mirror.example/team/app
  tags:
    include: ["v*", edge]
    regex: rel-\d+
    exclude: "*-rc*"
    versions: [">=1.2 <2", 3.x]
    newerThan: 90d
    olderThan: 7d
    newest: 5
    by: created
  rename: {latest: stable, "v*": "app-*"}
  platforms: linux/arm64
  referrers: [application/spdx+json]
  digestTags: true
  delete: true
- from: {registry: registry.example/team}
  to: {registry: mirror.example}
  repositories: {exclude: "old/*"}
- from: registry.example/app
  to: {layout: ./saved}
  tags: [v1, v2]
"#;

#[test]
fn the_form_of_this_library_says_all_there_is() {
    let file = read(OWN);
    let tls: Vec<(&str, Tls)> = file
        .connections
        .iter()
        .map(|connection| (connection.registry.as_str(), connection.tls))
        .collect();
    assert_eq!(
        tls,
        [
            ("localhost:5000", Tls::Plain),
            ("mirror.example", Tls::Unverified),
            ("registry.example", Tls::Verified)
        ]
    );
    assert!(file.connections[2].ca_file.is_some());
    let warnings: Vec<String> = file.warnings.iter().map(ToString::to_string).collect();
    let [warning] = &warnings[..] else {
        panic!("{warnings:?}")
    };
    let expected = "line 3: registries.localhost:5000 is a registry of no job";
    assert!(warning.starts_with(expected), "{warning}");
    let [app, team, saved] = &file.plan.jobs[..] else {
        panic!()
    };
    let tags = filter(app);
    for (tag, fits) in [
        ("v1.2", true),
        ("v3", true),
        ("v2.0", false),
        ("v1.3-rc1", false),
        ("edge", false),
        ("1.5", false),
    ] {
        assert_eq!(tags.fits(tag), fits, "{tag}");
    }
    assert!(tags.names.fits("rel-7") && !tags.names.fits("rel-7x"));
    assert_eq!(
        tags.newest,
        Some(Newest {
            count: 5,
            by: Age::Created
        })
    );
    let now = "2024-04-01T00:00:00Z".parse().unwrap();
    let seen = |moment: &Option<Moment>| moment.unwrap().seen_from(now).to_string();
    assert_eq!(
        (seen(&tags.newer_than), seen(&tags.older_than)),
        ("2024-01-02T00:00:00Z".into(), "2024-03-25T00:00:00Z".into())
    );
    assert_eq!(
        (app.rename.name("v1"), app.rename.name("latest")),
        ("app-1".into(), "stable".into())
    );
    assert!(team.rename.is_empty());
    assert_eq!(app.platforms[0].to_string(), "linux/arm64");
    assert!(matches!(&app.referrers, Referrers::Types(types) if types.len() == 1));
    assert!(app.digest_tags && app.delete);
    assert_eq!(places(team), pair("registry.example/team", "mirror.example"));
    assert!(team.repositories.fits("app") && !team.repositories.fits("old/app"));
    assert_eq!((team.referrers.clone(), team.delete), (Referrers::All, false));
    assert_eq!(team.platforms[0].to_string(), "linux/amd64");
    assert_eq!(saved.to, Place::Layout("./saved".into()));
    assert_eq!(these(saved), ["v1", "v2"]);
}

const REGSYNC: &str = r#"
x-tags: &releases
  allow: ["v1\\..*"]
  deny: [".*-rc.*"]
version: 1
creds:
- registry: localhost:5000
  tls: disabled
  reqPerSec: 10
defaults:
  parallel: 2
  interval: 60m
  digestTags: true
sync:
- source: busybox:1.36
  target: localhost:5000/library/busybox
  type: image
- source: busybox:1.36
  target: localhost:5000/library/busybox:stable
  type: image
- source: ghcr.io/team/app
  target: ocidir:///srv/app
  type: repository
  tags: *releases
  platforms: [linux/amd64, linux/arm64]
  digestTags: false
  referrers: true
  referrerFilters:
  - artifactType: application/spdx+json
- source: registry.example
  target: localhost:5000
  type: registry
  repos: {allow: ["team/.*"]}
  tagSets:
  - semverRange: [">=1.0.0"]
  - allow: [latest]
"#;

#[test]
fn files_of_regsync_are_read_as_far_as_they_map() {
    let file = read(REGSYNC);
    assert_eq!(file.connections[0].tls, Tls::Plain);
    let warnings: Vec<String> = file.warnings.iter().map(ToString::to_string).collect();
    let told = |part: &str| warnings.iter().any(|warning| warning.starts_with(part));
    assert!(told("line 9: creds[0].reqPerSec is passed over"), "{warnings:?}");
    assert!(told("line 11: defaults.parallel is passed over"), "{warnings:?}");
    assert!(
        told("line 12: defaults.interval is passed over: one run"),
        "{warnings:?}"
    );
    let [busybox, stable, app, team, latest] = &file.plan.jobs[..] else {
        panic!()
    };
    assert_eq!(
        places(busybox),
        pair("docker.io/library/busybox", "localhost:5000/library/busybox")
    );
    assert_eq!((these(busybox), busybox.digest_tags), (vec!["1.36"], true));
    assert_eq!(
        (these(stable), stable.rename.name("1.36")),
        (vec!["1.36"], "stable".into())
    );
    assert_eq!(app.to, Place::Layout("/srv/app".into()));
    for (tag, fits) in [("v1.2", true), ("xv1.2", false), ("v1.2-rc1", false)] {
        assert_eq!(filter(app).fits(tag), fits, "{tag}");
    }
    assert_eq!((app.platforms.len(), app.digest_tags), (2, false));
    assert!(matches!(&app.referrers, Referrers::Types(types) if types.len() == 1));
    assert!(team.repositories.fits("team/a") && !team.repositories.fits("other/team/a"));
    assert!(filter(team).fits("1.2") && !filter(team).fits("latest"));
    assert!(filter(latest).fits("latest") && !filter(latest).fits("1.2"));
}

const SKOPEO: &str = r#"
docker.io:
  tls-verify: false
  images:
    busybox: []
    team/redis: ["1.0", "2.0"]
  images-by-tag-regex:
    nginx: ^1\.13\.[12]-alpine-perl$
quay.io:
  images-by-semver:
    team/alpine: ">= 3.12.0"
"#;

#[test]
fn files_of_skopeo_are_read_with_a_destination() {
    let options = FileOptions::default().with_to("mirror.example/all/");
    let file = SyncFile::read(SKOPEO, &options).unwrap();
    let found: Vec<_> = file.plan.jobs.iter().map(places).collect();
    let expected = [
        ("docker.io/library/busybox", "mirror.example/all/busybox"),
        ("docker.io/team/redis", "mirror.example/all/redis"),
        ("docker.io/library/nginx", "mirror.example/all/nginx"),
        ("quay.io/team/alpine", "mirror.example/all/alpine"),
    ];
    assert_eq!(found, expected.map(|(from, to)| pair(from, to)));
    let [busybox, redis, nginx, alpine] = &file.plan.jobs[..] else {
        panic!()
    };
    assert!(filter(busybox).fits("any"));
    assert_eq!(these(redis), ["1.0", "2.0"]);
    assert!(filter(nginx).fits("1.13.1-alpine-perl") && !filter(nginx).fits("1.14.1-alpine-perl"));
    assert!(filter(alpine).fits("3.12.1") && !filter(alpine).fits("3.11"));
    assert_eq!(file.connections[0].tls, Tls::Unverified);

    let scoped = SyncFile::read(SKOPEO, &options.with_scoped(true)).unwrap();
    assert_eq!(
        scoped.plan.jobs[3].to.to_string(),
        "mirror.example/all/quay.io/team/alpine"
    );
}

#[test]
fn the_examples_of_the_documentation_are_read() {
    let page = include_str!("../../../../docs/sync.md");
    let blocks = page.split("```yaml\n").skip(1);
    let texts: Vec<&str> = blocks.map(|block| block.split("```").next().unwrap()).collect();
    let skopeo = FileOptions::default().with_to("mirror.example/all");
    let jobs: Vec<usize> = [FileOptions::default(), FileOptions::default(), skopeo]
        .iter()
        .zip(&texts)
        .map(|(options, text)| SyncFile::read(text, options).unwrap().plan.jobs.len())
        .collect();
    assert_eq!((jobs, texts.len()), (vec![5, 2, 4], 3));
}

/// The lines of a file, where to write to, and the start of the error.
const WRONG: &[(&str, Option<&str>, &str)] = &[
    ("jobs: [", None, "line 2: this is no YAML"),
    (
        "jobs:\n- from: r.example/a\n",
        None,
        "line 2: jobs[0].to is missing",
    ),
    (
        "jobs:\n- from: r.example/a\n  to: m/a\n  tag: v1\n",
        None,
        "line 4: jobs[0].tag is not known: there may be from,",
    ),
    (
        "jobs:\n- from: r.example/a:v1\n  to: m/a\n",
        None,
        "line 2: jobs[0].from is not a repository",
    ),
    (
        "jobs:\n- from: r.example/a\n  to: {registry: m}\n",
        None,
        "line 3: jobs[0].to does not fit from",
    ),
    (
        "jobs:\n- from: r/a\n  to: m/a\n  tags:\n    regex: '('\n",
        None,
        "line 5: jobs[0].tags.regex is no regular expression",
    ),
    (
        "jobs:\n- from: r/a\n  to: m/a\n  tags:\n    versions: newest\n",
        None,
        "line 5: jobs[0].tags.versions is wrong: \"newest\" is not a range",
    ),
    (
        "jobs:\n- from: r/a\n  to: m/a\n  tags:\n    by: created\n",
        None,
        "line 5: jobs[0].tags.by says what is newer, and newest is missing",
    ),
    (
        "jobs:\n- from: r/a\n  to: m/a\n  tags: [v1]\n  delete: true\n",
        None,
        "line 5: jobs[0].delete is for tags that",
    ),
    (
        "jobs:\n- from: r/a\n  to: m/a\n  platforms: linux\n",
        None,
        "line 4: jobs[0].platforms is wrong",
    ),
    (
        "jobs:\n- from: r/a\n  to: m/a\n  delete: 'yes'\n",
        None,
        "line 4: jobs[0].delete is neither true nor false",
    ),
    (
        "jobs:\n- from: r/a\n  to: m/a\n  tags:\n    newerThan: 90\n",
        None,
        "line 5: jobs[0].tags.newerThan is wrong: 90 is neither an age, such as 90d,",
    ),
    (
        "jobs:\n- from: r/a\n  to: m/a\n  tags:\n    newerThan: 7d\n    olderThan: 90d\n",
        None,
        "line 5: jobs[0].tags.newerThan is not before olderThan, and nothing is between them",
    ),
    (
        "jobs:\n- from: r/a\n  to: m/a\n  rename:\n    v*: x\n",
        None,
        "line 5: jobs[0].rename.v* is wrong: v* cannot become x: both have one *",
    ),
    (
        "jobs:\n- from: r/a\n  to: m/a\n  rename:\n",
        None,
        "line 4: jobs[0].rename names no tag",
    ),
    // What is commented out must not stand for all.
    ("jobs:\n# - from: r/a\n", None, "line 1: jobs is empty"),
    (
        "jobs:\n- from: r/a\n  to: m/a\n  tags:\n    include:\n    # - v*\n  delete: true\n",
        None,
        "line 5: jobs[0].tags.include is empty: name something, or remove it",
    ),
    (
        "jobs:\n- from: r/a\n  to: m/a\n  tags: {exclude: []}\n",
        None,
        "line 4: jobs[0].tags.exclude is empty",
    ),
    (
        "jobs:\n- from: r/a\n  to: m/a\n  tags: {versions: []}\n",
        None,
        "line 4: jobs[0].tags.versions is empty",
    ),
    (
        "jobs:\n- from: {registry: r}\n  to: {registry: m}\n  repositories: {regex: }\n",
        None,
        "line 4: jobs[0].repositories.regex is empty",
    ),
    (
        "jobs:\n- from: r/a\n  to: m/a\n  referrers: []\n",
        None,
        "line 4: jobs[0].referrers is empty",
    ),
    (
        "jobs: []\n",
        Some("m.example"),
        "line 1: the file names its own destinations",
    ),
    ("version: 2\nsync: []\n", None, "line 1: version is not 1"),
    (
        "creds:\n- registry: r.example\n  user: me\nsync: []\n",
        None,
        "line 3: creds[0].user is not read from this file: take it out, and run 'oras login r.example'",
    ),
    (
        "sync:\n- source: a\n  target: b\n  type: image\n  backup: old\n",
        None,
        "line 5: sync[0].backup is not done",
    ),
    (
        "sync:\n- source: a:v1\n  target: 'b:'\n  type: image\n",
        None,
        "line 3: sync[0].target has no tag after the colon",
    ),
    (
        "sync:\n- source: a:v1\n  target: b\n  type: repository\n",
        None,
        "line 2: sync[0].source has a tag",
    ),
    (
        "sync:\n- source: '{{ env \"A\" }}'\n  target: b\n  type: repository\n",
        None,
        "line 2: sync[0].source is a template",
    ),
    (
        "sync:\n- source: a\n  target: b\n  type: repository\n  hooks: {}\n",
        None,
        "line 5: sync[0].hooks are not run",
    ),
    (
        "r.example:\n  images: {a: []}\n",
        None,
        "line 1: the file does not say where to, as those of skopeo: give the destination with --to",
    ),
    (
        "r.example:\n  images: {a: []}\n  credentials:\n    username: x\n",
        Some("m.example"),
        "line 3: r.example.credentials are not read",
    ),
    (
        "r.example:\n  images:\n    x/a: []\n    y/a: []\n",
        Some("m.example"),
        "line 4: r.example.images.y/a would go to m.example/a, where r.example/x/a goes: give --scoped",
    ),
    (
        "r.example:\n  images:\n    a: ['sha256:0000000000000000000000000000000000000000000000000000000000000000']\n",
        Some("m.example"),
        "line 3: r.example.images.a[0] is a digest",
    ),
    ("job: 1\n", None, "line 1: job is neither jobs nor sync"),
];

#[test]
fn errors_name_the_line_the_member_and_what_to_write() {
    for (text, to, expected) in WRONG {
        let mut options = FileOptions::default();
        options.to = to.map(str::to_owned);
        let error = SyncFile::read(text, &options).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{text}\n{error}\n{expected}");
    }
}
