//! What a command may change: only what it says it writes.

use std::collections::BTreeMap;
use std::path::Path;

use oras_server::Route;

use crate::run::{World, digest};

/// Returns every path below a folder with its kind, permission bits and content.
fn snapshot(folder: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut todo = vec![folder.to_owned()];
    while let Some(next) = todo.pop() {
        for entry in std::fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            let meta = std::fs::symlink_metadata(&path).unwrap();
            let said = match meta.is_dir() {
                true => "folder".to_owned(),
                false => format!("{:?} {:?}", meta.permissions(), std::fs::read(&path).ok()),
            };
            if meta.is_dir() {
                todo.push(path.clone());
            }
            found.insert(path.strip_prefix(folder).unwrap().display().to_string(), said);
        }
    }
    found
}

/// Returns annotations with a meaning for some tool, each naming an existing file.
fn hostile_annotations() -> Vec<String> {
    let keys = [
        "org.opencontainers.image.title",
        "org.opencontainers.image.ref.name",
        "org.opencontainers.image.base.name",
        "org.opencontainers.image.description",
        "io.deis.oras.content.unpack",
        "io.deis.oras.content.digest",
        "io.containerd.image.name",
    ];
    let pairs = keys
        .iter()
        .flat_map(|key| ["-a".to_owned(), format!("{key}=README.md")]);
    pairs.collect()
}

#[test]
fn no_command_touches_a_file_that_it_was_not_told_to_write() {
    let world = World::new();
    world.write("README.md", "the user's own");
    world.write("x.txt", "x");
    world.write("sub/y.txt", "y");
    let (app, layout) = (world.at("app:v1"), "../layout:v1");
    let outside = world.path("sub");
    let annotations = hostile_annotations();
    let extra: Vec<&str> = annotations.iter().map(String::as_str).collect();
    let with = |start: &[&str]| {
        [start, &extra]
            .concat()
            .iter()
            .map(|text| (*text).to_owned())
            .collect::<Vec<_>>()
    };
    let plain = |all: &[&str]| all.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let pushed = digest(&world.oras(&["push", &world.at("other:v1"), "x.txt"]));
    let other = world.at("other");
    let blob = format!("{other}@sha256:2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881");
    let other_tag = format!("{other}:v1");
    let by_digest = format!("{other}@{pushed}");
    let registry = world.registry();
    let commands: Vec<Vec<String>> = vec![
        with(&["push", &app, "x.txt", "sub/y.txt"]),
        with(&[
            "push",
            &world.at("config:v1"),
            "x.txt",
            "--config",
            "sub/y.txt:a/b",
        ]),
        with(&["push", "--oci-layout", layout, "x.txt"]),
        with(&["attach", &app, "--artifact-type", "a/b", "x.txt"]),
        with(&["attach", &app, "--artifact-type", "a/b"]),
        with(&["attach", "--oci-layout", layout, "--artifact-type", "a/b"]),
        plain(&["discover", &app]),
        plain(&["discover", "--oci-layout", layout, "--format", "json"]),
        plain(&["cp", "-r", &app, &world.at("copy:v1")]),
        plain(&["cp", "--verify", &app, &world.at("copy:v1")]),
        plain(&["cp", "--force", &app, &world.at("copy:v1")]),
        plain(&["tag", &app, "v2"]),
        plain(&["resolve", &app]),
        plain(&["manifest", "fetch", &app]),
        plain(&["manifest", "fetch", &app, "--descriptor"]),
        plain(&["manifest", "fetch", &app, "-o", "-"]),
        plain(&["blob", "fetch", &blob, "-o", "-"]),
        plain(&["blob", "fetch", &blob, "--descriptor"]),
        plain(&["blob", "fetch", &blob, "-o", "/dev/null"]),
        plain(&["repo", "ls", &registry]),
        plain(&["repo", "tags", &other]),
        plain(&["repo", "tags", "--oci-layout", "../layout"]),
        plain(&["pull", &other_tag, "-o", "../pulled"]),
        plain(&["pull", &app, "-o", "../pulled"]),
        plain(&["pull", "--oci-layout", layout, "-o", "../pulled"]),
        plain(&["pull", &by_digest, "-o", "../pulled"]),
        plain(&[
            "login",
            &registry,
            "-u",
            "ann",
            "-p",
            "secret",
            "--registry-config",
            "../login.json",
        ]),
        plain(&["logout", &registry, "--registry-config", "../login.json"]),
        plain(&["version"]),
    ];
    // Commands run in a folder of their own, so that their legitimate output is outside of the comparison.
    let inside = world.path("work");
    std::fs::create_dir(&inside).unwrap();
    for name in ["README.md", "x.txt"] {
        std::fs::copy(world.path(name), inside.join(name)).unwrap();
    }
    std::fs::rename(&outside, inside.join("sub")).unwrap();
    let before = snapshot(&inside);
    for command in &commands {
        let arguments: Vec<&str> = command.iter().map(String::as_str).collect();
        let ran = world.command(&arguments).current_dir(&inside).output().unwrap();
        let said = String::from_utf8_lossy(&ran.stderr);
        assert!(ran.status.success(), "oras {arguments:?}: {said}");
        assert_eq!(snapshot(&inside), before, "oras {arguments:?}");
    }
    // A pull does not write a manifest either, whatever its annotations are.
    let pulled = snapshot(&world.path("pulled"));
    assert_eq!(pulled.keys().collect::<Vec<_>>(), ["sub", "sub/y.txt", "x.txt"]);
}

#[test]
fn what_cannot_be_pulled_apart_is_refused_before_anything_is_sent() {
    let world = World::new();
    world.write("a.txt", "a");
    world.write("b.txt", "b");
    world.write(
        "titles.json",
        r#"{"b.txt": {"org.opencontainers.image.title": "a.txt"}}"#,
    );
    let app = world.at("app:v1");
    for (arguments, says) in [
        (&["a.txt", "a.txt"][..], "a second time"),
        (&["a.txt", "./x/../a.txt"], "a second time"),
        (
            &["a.txt", "b.txt", "--annotation-file", "titles.json"],
            "a second time",
        ),
        (
            &[
                "--image-spec",
                "v1.0",
                "--config",
                "a.txt:x/y",
                "--artifact-type",
                "a/b",
            ],
            "cannot have both",
        ),
    ] {
        let all = [&["push", &app], arguments].concat();
        let error = world.fails(&all);
        assert!(error.contains(says), "{error}");
    }
    let digest = "a".repeat(64);
    let error = world.fails_with(
        Some(2),
        &["push", &world.at(&format!("app@sha256:{digest}")), "a.txt"],
    );
    assert!(error.contains("cannot be pushed to"), "{error}");
    assert_eq!(world.journal().requests(), 0);
}

#[test]
fn outputs_go_into_devices_and_through_links() {
    let world = World::new();
    world.push_hello("app:v1");
    let blob = world.at("app@sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
    let app = world.at("app:v1");
    assert_eq!(
        world.oras(&["blob", "fetch", &blob, "-o", "/dev/stdout"]),
        "hello"
    );
    world.oras(&["blob", "fetch", &blob, "-o", "/dev/null"]);
    assert!(!std::fs::metadata("/dev/null").unwrap().is_file());

    world.write("target", "old");
    std::os::unix::fs::symlink("target", world.path("link")).unwrap();
    for (arguments, expected) in [
        (&["blob", "fetch", &blob, "-o", "link"][..], Some("hello")),
        (&["manifest", "fetch", &app, "-o", "link"], None),
        (&["push", &app, "hello.txt", "--export-manifest", "link"], None),
        (&["pull", &app, "-o", ".", "--config", "link"], Some("{}")),
    ] {
        world.write("target", "old");
        world.oras(arguments);
        let written = world.read("target");
        assert!(
            written != "old" && expected.is_none_or(|text| text == written),
            "{arguments:?}: {written}"
        );
        assert!(
            std::fs::symlink_metadata(world.path("link"))
                .unwrap()
                .is_symlink()
        );
    }
    let error = world.fails(&["blob", "fetch", &blob, "-o", "."]);
    assert!(error.contains("name a file, not a folder"), "{error}");

    // A name that comes from the artifact is treated differently.
    std::fs::remove_file(world.path("hello.txt")).unwrap();
    std::os::unix::fs::symlink("target", world.path("hello.txt")).unwrap();
    let error = world.fails(&["pull", &app]);
    assert!(error.contains("symbolic link"), "{error}");
    assert!(
        std::fs::symlink_metadata(world.path("hello.txt"))
            .unwrap()
            .is_symlink()
    );
}

#[test]
fn every_layer_without_a_title_is_told() {
    let world = World::new();
    world.write("a.txt", "a");
    world.write("b.txt", "b");
    world.write(
        "titles.json",
        r#"{"b.txt": {"org.opencontainers.image.title": ""}}"#,
    );
    let app = world.at("app:v1");
    world.oras(&[
        "push",
        &app,
        "a.txt",
        "b.txt:x/y",
        "--annotation-file",
        "titles.json",
    ]);
    let ran = world.run(&["pull", &app, "-o", "out"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("Skipped sha256:") && ran.stderr.contains("x/y"),
        "{}",
        ran.stderr
    );
    let json = world.oras(&["pull", &app, "-o", "out", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["skipped"][0]["mediaType"], "x/y");
    assert_eq!(json["files"].as_array().unwrap().len(), 1);
}

#[test]
fn a_pipe_takes_what_is_fetched_and_stays_a_pipe() {
    use std::os::unix::fs::FileTypeExt;

    let world = World::new();
    world.push_hello("app:v1");
    let pipe = world.path("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    let blob = world.at("app@sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
    let app = world.at("app:v1");
    let manifest = world.oras(&["manifest", "fetch", &app]);
    for (arguments, expected) in [
        (&["blob", "fetch", &blob, "-o", "pipe"][..], "hello"),
        (&["manifest", "fetch", &app, "-o", "pipe"], manifest.as_str()),
        (&["pull", &app, "-o", ".", "--config", "pipe"], "{}"),
    ] {
        let path = pipe.clone();
        let reader = std::thread::spawn(move || std::fs::read_to_string(path).unwrap());
        world.oras(arguments);
        assert_eq!(reader.join().unwrap(), expected, "{arguments:?}");
        assert!(std::fs::symlink_metadata(&pipe).unwrap().file_type().is_fifo());
    }
}

#[test]
fn a_copy_of_what_is_not_there_makes_nothing() {
    let world = World::new();
    world.push_hello("app:v1");
    world.oras(&["cp", &world.at("app:v1"), "--to-oci-layout", "there:v1"]);
    world.write("full/mine.txt", "mine");
    let before = snapshot(&world.path(""));
    let (absent, nothing) = (world.at("app:v9"), world.at("nothing"));
    for to in ["new:v1", "new/deep:v1", "new.tar:v1", "there:v2", "full:v1"] {
        world.fails(&["cp", &absent, "--to-oci-layout", to]);
        world.fails(&["cp", "-r", &absent, "--to-oci-layout", to]);
        world.fails(&["cp", "--from-oci-layout", "there:v9", "--to-oci-layout", to]);
    }
    for to in ["new", "new/deep", "new.tar", "there", "full"] {
        world.fails(&["cp", "--all-tags", &nothing, "--to-oci-layout", to]);
        world.fails(&["backup", &absent, "--output", to]);
    }
    world.fails(&["pull", &absent, "-o", "new"]);
    assert_eq!(snapshot(&world.path("")), before);
}

#[test]
fn a_manifest_is_asked_for_once_with_or_without_a_new_name() {
    let world = World::new();
    world.push_hello("app:v1");
    let app = world.at("app:v1");
    for (to, flags) in [
        ("lay:v1".to_owned(), vec!["--to-oci-layout"]),
        ("other".to_owned(), vec!["--to-oci-layout"]),
        (world.at("b:v1"), vec![]),
        (world.at("c"), vec![]),
    ] {
        world.journal().clear();
        let copy: Vec<&str> = ["cp", &app, &to].into_iter().chain(flags).collect();
        world.oras(&copy);
        let of_source = world
            .journal()
            .count(|entry| entry.route == Route::Manifest && entry.path.starts_with("/v2/app/"));
        assert_eq!(of_source, 1, "{to}");
    }
}
