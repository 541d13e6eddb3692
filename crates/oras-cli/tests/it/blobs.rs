//! `oras blob`, in registries and layouts.

use serde_json::Value;

use crate::run::{Place, World, with};

const HELLO: &str = "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
const ABSENT: &str = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// A repository and a layout, and a file to push to them.
fn places(world: &World) -> [Place; 2] {
    world.write("hello.txt", "hello");
    [
        (world.at("app"), "registry", vec![]),
        ("lay".to_owned(), "oci-layout", vec!["--oci-layout"]),
    ]
}

#[test]
fn a_blob_is_pushed_fetched_and_deleted() {
    let world = World::new();
    for (place, label, flags) in places(&world) {
        let pushed = world.oras(&with(&["blob", "push", &place, "hello.txt"], &flags));
        assert_eq!(
            pushed,
            format!("Pushed [{label}] {place}@{HELLO}\nDigest: {HELLO}\n")
        );
        let name = format!("{place}@{HELLO}");
        let again = world.oras(&with(
            &["blob", "push", &name, "hello.txt", "--size", "5"],
            &flags,
        ));
        assert_eq!(again, pushed);
        let fetched = world.oras(&with(&["blob", "fetch", &name, "-o", "-"], &flags));
        assert_eq!(fetched, "hello");
        let shown = world.oras(&with(&["blob", "fetch", &name, "--descriptor"], &flags));
        let shown: Value = serde_json::from_str(&shown).unwrap();
        assert_eq!(shown["size"], 5);

        let delete = with(&["blob", "delete", &name], &flags);
        let kept = world.run_with("n\n", &delete);
        assert_eq!((kept.code, kept.stdout.as_str()), (0, ""), "{}", kept.stderr);
        assert!(
            kept.stderr.ends_with("? [y/N] Nothing was deleted\n"),
            "{}",
            kept.stderr
        );
        let unanswered = world.run_with("", &delete);
        assert_eq!(unanswered.code, 2, "{}", unanswered.stderr);
        world.oras(&with(&["blob", "fetch", &name, "-o", "-"], &flags));
        let deleted = world.run_with("y\n", &delete);
        assert_eq!(
            deleted.stdout,
            format!("Deleted [{label}] {name}\n"),
            "{}",
            deleted.stderr
        );
        world.fails_with(Some(3), &delete);
        let forced = world.run(&with(&["blob", "delete", &name, "--force"], &flags));
        assert_eq!((forced.code, forced.stdout.as_str()), (0, ""));
        assert!(
            forced.stderr.contains(&format!("Missing [{label}] {name}")),
            "{}",
            forced.stderr
        );
    }
}

#[test]
fn a_descriptor_is_shown_of_what_is_pushed_and_deleted() {
    let world = World::new();
    for (place, _, flags) in places(&world) {
        let push = [
            "blob",
            "push",
            &place,
            "hello.txt",
            "--media-type",
            "text/plain",
            "--descriptor",
        ];
        let shown: Value = serde_json::from_str(&world.oras(&with(&push, &flags))).unwrap();
        assert_eq!(
            shown,
            serde_json::json!({ "mediaType": "text/plain", "digest": HELLO, "size": 5 })
        );
        let name = format!("{place}@{HELLO}");
        let delete = ["blob", "delete", &name, "--descriptor"];
        world.fails_with(Some(2), &with(&delete, &flags));
        let shown = world.oras(&with(&delete, &with(&["--force"], &flags)));
        let shown: Value = serde_json::from_str(&shown).unwrap();
        assert_eq!(shown["digest"], HELLO);
        // A missing blob has no descriptor, so nothing is printed.
        world.fails_with(Some(3), &with(&delete, &with(&["--force"], &flags)));
        world.oras(&with(&["blob", "delete", &name, "--force"], &flags));
    }
}

#[test]
fn a_blob_is_pushed_from_stdin() {
    let world = World::new();
    for (place, label, flags) in places(&world) {
        let name = format!("{place}@{HELLO}");
        let push = with(&["blob", "push", &name, "-", "--size", "5"], &flags);
        let wrong = world.run_with("hullo", &push);
        assert_eq!(wrong.code, 6, "{}", wrong.stderr);
        world.fails_with(Some(3), &with(&["blob", "fetch", &name, "-o", "x"], &flags));
        let pushed = world.run_with("hello", &push);
        assert!(
            pushed.stdout.starts_with(&format!("Pushed [{label}] {name}\n")),
            "{}",
            pushed.stderr
        );
        let unknown = world.run_with("hello", &with(&["blob", "push", &place, "-"], &flags));
        assert_eq!(unknown.code, 2, "{}", unknown.stderr);
    }
}

#[test]
fn a_file_that_is_something_else_is_not_pushed() {
    let world = World::new();
    for (place, _, flags) in places(&world) {
        let other = format!("{place}@{ABSENT}");
        world.fails_with(Some(6), &with(&["blob", "push", &other, "hello.txt"], &flags));
        let size = ["blob", "push", &place, "hello.txt", "--size", "4"];
        world.fails_with(Some(6), &with(&size, &flags));
        world.fails_with(Some(3), &with(&["blob", "push", &place, "missing"], &flags));
    }
    let writes = world.journal().count(|entry| entry.method.as_str() != "GET");
    assert_eq!(writes, 0);
}

#[test]
fn a_manifest_is_not_deleted_as_a_blob() {
    let world = World::new();
    world.push_hello("app:v1");
    let app = world.at("app:v1");
    world.oras(&["cp", &app, "--to-oci-layout", "lay:v1"]);
    let digest = world.oras(&["resolve", "--oci-layout", "lay:v1"]);
    let name = format!("lay@{}", digest.trim());
    let said = world.fails_with(Some(1), &["blob", "delete", "-f", "--oci-layout", &name]);
    assert!(said.contains("use 'oras manifest delete'"), "{said}");
    assert_eq!(world.oras(&["resolve", "--oci-layout", "lay:v1"]), digest);
}
