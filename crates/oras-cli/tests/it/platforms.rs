//! Copies of some platforms of an index, and copies that are verified.

use http::Method;
use oras_server::Route;
use oras_server_faults::Fault;
use serde_json::{Value, json};

use crate::run::{World, digest};

const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// Creates an index `app:v1` of images for these platforms. Each image and the index have an SBOM. Returns the
/// entries of the index.
fn index(world: &World, platforms: &[[&str; 2]]) -> Vec<Value> {
    let mut entries = Vec::new();
    for [architecture, variant] in platforms {
        let mut platform = json!({ "architecture": architecture, "os": "linux" });
        if !variant.is_empty() {
            platform["variant"] = (*variant).into();
        }
        world.write("config.json", platform.to_string());
        world.write("layer", format!("{architecture} {variant}"));
        let config = "config.json:application/vnd.oci.image.config.v1+json";
        let name = world.at(&format!("app:{architecture}{variant}"));
        world.oras(&["push", &name, "--config", config, "layer"]);
        let described = world.oras(&["manifest", "fetch", "--descriptor", &name]);
        let described: Value = serde_json::from_str(&described).unwrap();
        world.oras(&["attach", &name, "--artifact-type", "sbom/x", "layer"]);
        entries.push(json!({
            "mediaType": MANIFEST, "digest": described["digest"], "size": described["size"], "platform": platform,
        }));
    }
    push_index(world, "app:v1", &entries);
    world.oras(&[
        "attach",
        &world.at("app:v1"),
        "--artifact-type",
        "sbom/index",
        "layer",
    ]);
    entries
}

fn push_index(world: &World, name: &str, entries: &[Value]) -> String {
    let annotations = json!({ "of": "v1" });
    let document =
        json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": entries, "annotations": annotations });
    world.write("index.json", document.to_string());
    digest(&world.oras(&["manifest", "push", &world.at(name), "index.json"]))
}

const ALL: [[&str; 2]; 4] = [["arm64", ""], ["arm", "v6"], ["arm", "v7"], ["amd64", ""]];

#[test]
fn a_platform_that_is_missing_is_chosen_among_those_that_are_there() {
    let world = World::new();
    index(&world, &ALL[..1]);
    let app = world.at("app:v1");
    let hint = "choose one of its platforms: 'oras manifest fetch' shows the index";
    for command in [
        ["manifest", "fetch"].as_slice(),
        &["manifest", "fetch-config"],
        &["resolve"],
        &["discover"],
        &["pull"],
    ] {
        let chosen = [command, &[&app, "--platform", "windows/amd64"]].concat();
        let told = world.fails_with(Some(3), &chosen);
        assert!(told.ends_with(hint), "{told}");
        // A missing artifact has no platforms to choose from.
        let absent = world.at("app:v9");
        let told = world.fails_with(
            Some(3),
            &[command, &[&absent, "--platform", "linux/arm64"]].concat(),
        );
        assert!(told.contains("'oras repo tags'"), "{told}");
    }
}

#[test]
fn platforms_of_all_tags_are_copied() {
    let world = World::new();
    let entries = index(&world, &ALL[..2]);
    let arm64 = entries[0]["digest"].as_str().unwrap();
    let [app, copy] = ["app", "copy"].map(|name| world.at(name));
    let ran = world.run(&["cp", "--all-tags", &app, &copy, "--platform", "linux/arm64"]);

    // The image for another platform fails by itself; an index and an image for this platform are now equal.
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    assert!(ran.stderr.contains("Failed tag armv6: "), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("1 of 3 tags were not copied"),
        "{}",
        ran.stderr
    );
    for tag in ["v1", "arm64"] {
        let resolved = world.oras(&["resolve", &format!("{copy}:{tag}")]);
        assert_eq!(resolved.trim(), arm64, "{tag}");
    }
    let armv6 = entries[1]["digest"].as_str().unwrap();
    world.fails_with(Some(3), &["resolve", &format!("{copy}@{armv6}")]);

    let both = world.at("both");
    let some = ["--match", "v*", "--platform", "linux/arm64,linux/arm/v6"];
    world.oras(&[&["cp", "--all-tags", &app, &both][..], &some].concat());
    let [from, to] = [&app, &both].map(|name| world.oras(&["resolve", &format!("{name}:v1")]));
    assert_eq!(from, to);
}

#[test]
fn several_platforms_are_copied_as_an_index_of_them() {
    let world = World::new();
    let entries = index(&world, &ALL);
    let [app, copy] = ["app:v1", "copy:v1"].map(|name| world.at(name));
    let copied = world.oras(&["cp", &app, &copy, "--platform", "linux/amd64,linux/arm"]);
    // All images that match the platform, in the order of the index.
    let expected = push_index(&world, "expected:v1", &entries[1..]);
    assert_eq!(digest(&copied), expected);
    assert!(
        copied.contains(&format!("Copied [registry] {app} => [registry] {copy}\n")),
        "{copied}"
    );
    let tags = world.oras(&["resolve", &copy]);
    assert_eq!(tags.trim(), expected);
    let arm64 = entries[0]["digest"].as_str().unwrap();
    world.fails_with(Some(3), &["resolve", &world.at(&format!("copy@{arm64}"))]);

    let to_archive = [
        "cp",
        &app,
        "--to-oci-layout",
        "x.tar:v1",
        "--platform",
        "linux/amd64",
        "--platform",
        "linux/arm",
    ];
    assert_eq!(digest(&world.oras(&to_archive)), expected);
    assert!(
        world
            .oras(&["verify", "--oci-layout", "x.tar:v1"])
            .contains("4 manifest(s)")
    );
    let planned = world.oras(&[
        "cp",
        &app,
        &world.at("plan:v1"),
        "--platform",
        "linux/amd64,linux/arm64",
        "--dry-run",
    ]);
    assert!(planned.contains("Nothing was written"), "{planned}");

    let all = world.oras(&[
        "cp",
        &app,
        &world.at("all:v1"),
        "--platform",
        "linux/arm64,linux/arm,linux/amd64",
    ]);
    assert_eq!(digest(&all), world.oras(&["resolve", &app]).trim());
    let one = world.oras(&[
        "cp",
        &app,
        &world.at("one:v1"),
        "--platform",
        "linux/arm64,linux/arm64",
    ]);
    assert_eq!(digest(&one), arm64);
}

#[test]
fn referrers_of_the_platforms_come_along() {
    let world = World::new();
    let entries = index(&world, &ALL);
    let app = world.at("app:v1");
    let cp = |name: &str, platforms: &str| {
        world.run(&["cp", "-r", &app, &world.at(name), "--platform", platforms])
    };
    let two = cp("two:v1", "linux/amd64,linux/arm64");
    assert_eq!(two.code, 0, "{}", two.stderr);
    assert!(
        two.stderr
            .contains("Warning: what is attached to the index itself is not copied"),
        "{}",
        two.stderr
    );
    let discovered = |repository: &str, entry: usize| {
        let digest = entries[entry]["digest"].as_str().unwrap();
        world.oras(&["discover", &world.at(&format!("{repository}@{digest}"))])
    };
    assert!(discovered("two", 0).contains("sbom/x") && discovered("two", 3).contains("sbom/x"));
    let of_index = world.oras(&["discover", &world.at("two:v1")]);
    assert!(!of_index.contains("sbom/index"), "{of_index}");

    let one = cp("one:v1", "linux/amd64");
    assert!(one.code == 0 && !one.stderr.contains("Warning"), "{}", one.stderr);
    assert!(discovered("one", 3).contains("sbom/x"));
    let all = cp("all:v1", "linux/amd64,linux/arm,linux/arm64");
    assert!(all.code == 0 && !all.stderr.contains("Warning"), "{}", all.stderr);
    assert!(
        world
            .oras(&["discover", &world.at("all:v1")])
            .contains("sbom/index")
    );
}

#[test]
fn a_platform_that_is_not_there_is_told_and_nothing_is_copied() {
    let world = World::new();
    index(&world, &ALL);
    let cp = |from: &str, platforms: &str, code| {
        let (from, to) = (world.at(from), world.at("copy:v1"));
        world.fails_with(Some(code), &["cp", &from, &to, "--platform", platforms])
    };
    let error = cp("app:v1", "linux/amd64,linux/s390x", 3);
    assert!(error.contains("platform linux/s390x in sha256:"), "{error}");
    assert!(
        error.ends_with("choose one of its platforms: 'oras manifest fetch' shows the index"),
        "{error}"
    );
    let error = cp("app:amd64", "linux/amd64,linux/arm64", 1);
    assert!(
        error.contains("which is not an index, is not supported"),
        "{error}"
    );
    let ran = world.run(&[
        "cp",
        &world.at("app:v1"),
        &world.at("copy:v1"),
        "--platform",
        "linux/amd64,nonsense",
    ]);
    assert!(
        ran.code == 2 && ran.stderr.contains("invalid platform \"nonsense\""),
        "{}",
        ran.stderr
    );
    world.fails_with(Some(3), &["repo", "tags", &world.at("copy")]);
}

#[test]
fn a_verifying_copy_reads_back_what_it_wrote() {
    let world = World::new();
    let pushed = world.push_hello("app:v1");
    let [app, copy] = ["app:v1", "copy:v1"].map(|name| world.at(name));
    world.journal().clear();
    assert_eq!(digest(&world.oras(&["cp", &app, &copy, "--verify"])), pushed);
    let reads = || {
        let of_copy = |route: Route| {
            move |entry: &oras_server_faults::Entry| {
                entry.route == route
                    && entry.method == Method::GET
                    && entry.repository.as_deref() == Some("copy")
            }
        };
        [Route::Blob, Route::Manifest].map(|route| world.journal().count(of_copy(route)))
    };
    assert_eq!(reads(), [2, 1]);
    // Existing content was read to check that it is complete, and is not read again.
    world.journal().clear();
    world.oras(&["cp", &app, &copy, "--verify"]);
    assert_eq!(reads()[0], 2);

    let hello = "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
    let damages = Fault::flip(1)
        .on_digest(hello)
        .on_method(Method::GET)
        .on_repository("bad")
        .always();
    world.server().inject(damages);
    let bad = world.at("bad:v1");
    world.oras(&["cp", &app, &bad]);
    for more in [&["--verify", "--force"][..], &["--verify"]] {
        let error = world.fails_with(Some(6), &[&["cp", &app, &bad], more].concat());
        assert!(
            error.contains("bad:v1") && error.contains("1 fault was found"),
            "{error}"
        );
    }
    for (layout, flags) in [("lay:v1", vec!["--verify"]), ("x.tar:v1", vec!["--verify", "-r"])] {
        let copied = world.oras(&[vec!["cp", &app, "--to-oci-layout", layout], flags].concat());
        assert_eq!(digest(&copied), pushed);
    }
}
