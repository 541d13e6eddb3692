//! Results go to stdout, for people and for programs; everything else goes to stderr.

use http::Method;
use serde_json::Value;

use crate::run::World;

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

#[test]
fn results_for_programs_are_json() {
    let world = World::new();
    world.write("a.txt", "a");
    let app = world.at("app:v1");
    let pushed = json(&world.oras(&[
        "push",
        &app,
        "--artifact-type",
        "t/x",
        "a.txt",
        "--format",
        "json",
    ]));
    let digest = pushed["digest"].as_str().unwrap().to_owned();
    assert_eq!(pushed["reference"], format!("{}@{digest}", world.at("app")));
    assert_eq!(pushed["referenceAsTags"][0], app);
    assert_eq!(pushed["artifactType"], "t/x");

    let attached = json(&world.oras(&[
        "attach",
        &app,
        "--artifact-type",
        "s/x",
        "-a",
        "k=v",
        "--format",
        "json",
    ]));
    let discovered = json(&world.oras(&["discover", &app, "--format", "json"]));
    assert_eq!(discovered["digest"], digest.as_str());
    assert_eq!(discovered["referrers"][0]["digest"], attached["digest"]);
    assert_eq!(discovered["referrers"][0]["annotations"]["k"], "v");

    let pulled = json(&world.oras(&["pull", &app, "-o", "out", "--format", "json"]));
    let path = pulled["files"][0]["path"].as_str().unwrap();
    assert!(
        std::path::Path::new(path).is_absolute() && path.ends_with("out/a.txt"),
        "{path}"
    );

    let fetched = json(&world.oras(&["manifest", "fetch", &app, "--format", "json"]));
    assert_eq!(fetched["content"]["artifactType"], "t/x");
    let tags = json(&world.oras(&["repo", "tags", &world.at("app"), "--format", "json"]));
    assert_eq!(tags["tags"][0], "v1");
    let repositories = json(&world.oras(&["repo", "ls", &world.registry(), "--format", "json"]));
    assert_eq!(repositories["repositories"][0], "app");
    assert_eq!(
        json(&world.oras(&["resolve", &app, "--format", "json"]))["digest"],
        digest.as_str()
    );
    let copied = json(&world.oras(&["cp", &app, &world.at("b:v1"), "--format", "json"]));
    assert_eq!(copied["reference"], format!("{}@{digest}", world.at("b")));
}

#[test]
fn events_are_lines_on_stderr() {
    let world = World::new();
    world.push_hello("app:v1");
    let ran = world.run(&["pull", &world.at("app:v1"), "-o", "out"]);
    assert!(
        ran.stderr.contains("Downloading 2cf24dba5fb0 hello.txt\n"),
        "{}",
        ran.stderr
    );
    assert!(
        ran.stderr.contains("Downloaded 2cf24dba5fb0 hello.txt\n"),
        "{}",
        ran.stderr
    );
    assert!(!ran.stderr.contains('\u{1b}'), "no terminal, no escapes");
    let ran = world.run(&["push", &world.at("app:v2"), "hello.txt:text/plain"]);
    assert!(
        ran.stderr.contains("Exists 2cf24dba5fb0 hello.txt\n"),
        "{}",
        ran.stderr
    );
}

#[test]
fn the_version_is_told() {
    let world = World::new();
    let told = world.oras(&["version"]);
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines[0], format!("Version:      {}", env!("CARGO_PKG_VERSION")));
    let version = lines[1].strip_prefix("Rust version: ").unwrap();
    assert!(version.starts_with("1."), "{version}");
    assert!(lines[2].starts_with("OS/Arch:      "), "{told}");
    let told = json(&world.oras(&["version", "--format", "json"]));
    assert_eq!(told["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(told["rustVersion"], version);
    let short = world.oras(&["--version"]);
    assert_eq!(short, format!("oras {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn a_debug_log_holds_no_secret() {
    let users = oras_server::Users::new().with_user(oras_server::User::new("ann", "planted-secret"));
    for tokens in [false, true] {
        let options = oras_server::ServerOptions::default()
            .with_users(users.clone())
            .with_tokens(tokens);
        let world = World::with(options);
        world.write("a.txt", "a");
        let ran = world.run(&[
            "push",
            &world.at("app:v1"),
            "a.txt",
            "-u",
            "ann",
            "-p",
            "planted-secret",
            "--debug",
            "--debug-bodies",
        ]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert!(
            ran.stderr.contains("blobs/uploads"),
            "there is a log: {}",
            ran.stderr
        );
        // Verbatim, and as encoded in a header.
        for secret in ["planted-secret", "YW5uOnBsYW50ZWQtc2VjcmV0"] {
            assert!(!ran.stderr.contains(secret), "{}", ran.stderr);
        }
        assert!(!ran.stderr.to_lowercase().contains("bearer "), "{}", ran.stderr);
    }
}

#[test]
fn a_debug_log_shows_what_a_registry_says_where_that_is_asked_for() {
    let world = World::new();
    world.push_hello("app:v1");
    for (flags, is_shown) in [
        (&["--debug"][..], false),
        (&["--debug", "--debug-bodies"][..], true),
    ] {
        let ran = world.run(&[flags, &["manifest", "fetch", &world.at("app:v1")]].concat());
        assert_eq!(ran.stderr.contains("schemaVersion"), is_shown, "{}", ran.stderr);
    }
}

#[test]
fn progress_calls_no_manifest_a_file() {
    let world = World::new();
    world.write("a.txt", "a");
    let title = "org.opencontainers.image.title=other.txt";
    let ran = world.run(&["push", &world.at("app:v1"), "a.txt", "-a", title]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("Uploaded") && ran.stderr.contains(" a.txt"),
        "{}",
        ran.stderr
    );
    assert!(!ran.stderr.contains("other.txt"), "{}", ran.stderr);
}

#[test]
fn a_dry_run_tells_what_a_copy_would_do_and_does_nothing() {
    let world = World::new();
    world.write("a.txt", "hello");
    let app = world.at("app:v1");
    world.oras(&["push", &app, "--artifact-type", "t/x", "a.txt"]);
    let shown = world.oras(&["cp", &app, "lay:v1", "--to-oci-layout", "--dry-run"]);
    assert!(shown.contains("Push   2cf24dba5fb0 a.txt"), "{shown}");
    assert!(shown.contains("Nothing was written"), "{shown}");
    assert!(!world.path("lay").exists());
    std::fs::create_dir(world.path("lay")).unwrap();
    let into_empty = world.oras(&["cp", &app, "lay:v1", "--to-oci-layout", "--dry-run"]);
    assert_eq!(into_empty, shown);

    let mounting = world.oras(&["cp", &app, &world.at("other:v1"), "--dry-run"]);
    assert!(mounting.contains("Mount  2cf24dba5fb0 a.txt"), "{mounting}");
    let plan = json(&world.oras(&["cp", &app, &world.at("other:v1"), "--dry-run", "--format", "json"]));
    assert_eq!(plan["requests"], 3);
    assert_eq!(plan["steps"].as_array().unwrap().len(), 3);
    let before = world.server().journal().requests();
    world.oras(&["cp", &app, &world.at("other:v1")]);
    assert!(world.server().journal().requests() > before);
    let again = world.oras(&["cp", &app, &world.at("other:v1"), "--dry-run"]);
    assert!(again.contains("Keep") && again.contains("0 B"), "{again}");
}

#[test]
fn a_dry_run_with_referrers_tells_exactly_what_the_copy_does_then() {
    let world = World::new();
    world.write("a.txt", "hello");
    world.write("sbom.json", "{\"sbom\":1}");
    let (app, other) = (world.at("app:v1"), world.at("other:v1"));
    world.oras(&["push", "--oci-layout", "lay:v1", "a.txt"]);
    world.oras(&[
        "attach",
        "--oci-layout",
        "lay:v1",
        "sbom.json",
        "--artifact-type",
        "t/sbom",
    ]);
    let alone = json(&world.oras(&[
        "cp",
        "--from-oci-layout",
        "lay:v1",
        &app,
        "--dry-run",
        "--format",
        "json",
    ]));
    let cp = ["cp", "-r", "--from-oci-layout", "lay:v1", &app];
    let planned = json(&world.oras(&[&cp[..], &["--dry-run", "--format", "json"]].concat()));
    let steps = |plan: &Value| plan["steps"].as_array().unwrap().len();
    // The manifest of the referrer and its file; both artifacts share the empty config.
    assert_eq!(steps(&planned), steps(&alone) + 2);
    assert_eq!(
        world
            .journal()
            .count(|entry| entry.method != Method::HEAD && entry.method != Method::GET),
        0
    );
    world.oras(&cp);
    let changes = world
        .journal()
        .count(|entry| entry.method != Method::HEAD && entry.method != Method::GET);
    assert_eq!(planned["requests"], changes);
    // All that is left to do is to mount it elsewhere.
    let mounting = world.oras(&["cp", "-r", &app, &other, "--dry-run"]);
    assert!(mounting.contains("Mount  2cf24dba5fb0 a.txt"), "{mounting}");
    let again = world.oras(&[&cp[..], &["--dry-run"]].concat());
    assert!(again.contains("a copy moves at most 0 B, 1 request\n"), "{again}");
}
