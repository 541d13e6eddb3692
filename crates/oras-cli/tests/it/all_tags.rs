//! `cp --all-tags`: a repository, one tag at a time and all at once.

use http::Method;
use oras_server::{Route, ServerOptions, User, Users};
use oras_server_faults::Fault;
use serde_json::Value;

use crate::run::World;

/// A repository with three tags, two of which share a file.
fn world() -> World {
    let world = World::new();
    world.write("a.txt", "hello");
    world.write("b.txt", "bye");
    for (tag, files) in [
        ("v1", &["a.txt"][..]),
        ("v2", &["a.txt", "b.txt"]),
        ("nightly", &["b.txt"]),
    ] {
        let app = world.at(&format!("app:{tag}"));
        world.oras(&[&["push", &app], files].concat());
    }
    world.oras(&[
        "attach",
        &world.at("app:v1"),
        "b.txt",
        "--artifact-type",
        "t/sbom",
    ]);
    world
}

fn tags(world: &World, name: &str) -> Vec<String> {
    let listed = world.oras(&["repo", "tags", &world.at(name)]);
    listed.lines().map(str::to_owned).collect()
}

#[test]
fn all_tags_are_copied_and_shared_content_moves_once() {
    let world = world();
    let said = world.oras(&["cp", "--all-tags", &world.at("app"), "--to-oci-layout", "lay"]);
    assert!(said.contains("Copied tag v1 with 0 referrer(s)\n"), "{said}");
    assert!(
        said.ends_with(&format!(
            "Copied 3 tag(s) [registry] {} => [oci-layout] lay\n",
            world.at("app")
        )),
        "{said}"
    );
    let puts = |route: Route| {
        let journal = world.journal();
        journal.count(|entry| entry.route == route && entry.method == Method::PUT)
    };
    let before = (puts(Route::Upload), puts(Route::Manifest));
    let back = world.at("back");
    world.oras(&["cp", "--all-tags", "--from-oci-layout", "lay", &back]);
    // Two files and the empty config, however many tags use them.
    assert_eq!(
        (puts(Route::Upload), puts(Route::Manifest)),
        (before.0 + 3, before.1 + 3)
    );
    assert_eq!(tags(&world, "back"), ["nightly", "v1", "v2"]);
    for tag in ["v1", "v2", "nightly"] {
        let resolve = |name: &str| world.oras(&["resolve", &world.at(&format!("{name}:{tag}"))]);
        assert_eq!(resolve("app"), resolve("back"));
    }
}

#[test]
fn a_pattern_chooses_tags_and_referrers_come_when_asked_for() {
    let world = world();
    let (app, back) = (world.at("app"), world.at("back"));
    let cp = ["cp", "--all-tags", "--match", "v*", "-r", &app, &back];
    let planned = world.oras(&[&cp[..], &["--dry-run"]].concat());
    assert!(
        planned.contains("Dry run: would copy tag v1 with 1 referrer(s)\n"),
        "{planned}"
    );
    world.fails_with(Some(3), &["repo", "tags", &back]);
    let shown: Value = serde_json::from_str(&world.oras(&[&cp[..], &["--format", "json"]].concat())).unwrap();
    assert_eq!(shown["tags"].as_array().unwrap().len(), 2);
    assert_eq!(
        (&shown["source"], &shown["dryRun"]),
        (&Value::from(app.as_str()), &Value::from(false))
    );
    assert_eq!(tags(&world, "back"), ["v1", "v2"]);
    assert!(world.oras(&["discover", &world.at("back:v1")]).contains("t/sbom"));
}

#[test]
fn a_tag_that_fails_does_not_end_the_others() {
    let world = world();
    let lost = Fault::status(404)
        .on_route(Route::Manifest)
        .on_method(Method::GET);
    world.server().inject(lost);
    let ran = world.run(&[
        "cp",
        "--all-tags",
        "--verify",
        &world.at("app"),
        &world.at("back"),
        "--concurrency",
        "1",
    ]);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    assert_eq!(ran.stderr.matches("Failed tag ").count(), 1, "{}", ran.stderr);
    assert_eq!(tags(&world, "back").len(), 2);
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let world = world();
    let (app, back) = (world.at("app"), world.at("back"));
    let said = world.fails_with(Some(2), &["cp", "--all-tags", &world.at("app:v1"), &back]);
    assert!(said.contains(&format!("write only {app} and {back}")), "{said}");
    let said = world.fails_with(Some(3), &["cp", "--all-tags", "--match", "x*", &app, &back]);
    assert!(said.contains("a tag like x* in"), "{said}");
    world.fails_usage(&["cp", "--match", "v*", &world.at("app:v1"), &back]);
}

#[test]
fn tags_that_fail_for_one_reason_are_told_together() {
    let world = world();
    let denied = Fault::status(403).on_route(Route::Uploads).always();
    world.server().inject(denied);
    let ran = world.run(&["cp", "--all-tags", &world.at("app"), "--to-oci-layout", "lay"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let ran = world.run(&[
        "cp",
        "--all-tags",
        "--from-oci-layout",
        "lay",
        &world.at("back"),
        "--concurrency",
        "1",
    ]);
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    let told: Vec<&str> = ran
        .stderr
        .lines()
        .filter(|line| line.starts_with("Failed tag"))
        .collect();
    let tags = ["nightly", "v1", "v2"];
    let is_told_once = |tag: &&str| {
        let lists = told.iter().filter_map(|line| {
            line.strip_prefix("Failed tags ")
                .or(line.strip_prefix("Failed tag "))
        });
        let names = lists.flat_map(|list| list.split(": ").next().unwrap().split(", "));
        names.filter(|name| name == tag).count() == 1
    };
    assert!(tags.iter().all(is_told_once), "{}", ran.stderr);
    assert!(
        told.iter().any(|line| line.starts_with("Failed tags ")),
        "{}",
        ran.stderr
    );
}

#[test]
fn what_helps_is_told_for_the_side_that_fails() {
    let users = Users::new().with_user(User::new("ann", "open sesame"));
    let (world, closed) = (world(), World::with(ServerOptions::default().with_users(users)));
    let (app, there) = (world.at("app"), closed.at("app"));
    let ran = world.run(&["cp", "--all-tags", &app, &there]);
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    let last = ran.stderr.lines().last().unwrap();
    assert!(last.contains(&format!("at the destination {there}")), "{last}");
    let said = world.fails_with(
        Some(4),
        &[
            "cp",
            "--all-tags",
            &app,
            &there,
            "--to-username",
            "ann",
            "--to-password",
            "wrong",
        ],
    );
    assert!(
        said.ends_with("check the user name and the password or token"),
        "{said}"
    );
}
