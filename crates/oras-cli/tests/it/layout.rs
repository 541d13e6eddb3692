//! Maintenance of a layout: collection, check and repair.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::run::{World, files};

const LAYER: &str = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

/// A registry with an artifact, and a layout with the same artifact.
fn copied() -> World {
    let world = World::new();
    world.push_hello("app:v1");
    world.oras(&["cp", &world.at("app:v1"), "--to-oci-layout", "lay:v1"]);
    world
}

fn layer(world: &World) -> PathBuf {
    world.path("lay/blobs/sha256").join(LAYER)
}

/// Replaces a blob, whose file is read-only.
fn replace(path: &Path, text: &str) {
    std::fs::remove_file(path).unwrap();
    std::fs::write(path, text).unwrap();
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn a_collection_removes_what_nothing_leads_to_once_it_is_old() {
    let world = copied();
    let stray = "lay/blobs/sha256/bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
    world.write(stray, "stray");
    let before = files(&world.path("lay"));
    let fresh = world.oras(&["layout", "gc", "lay"]);
    assert!(
        fresh.starts_with("0 blobs (0 B) removed, 1 blob (5 B) too young, 3 blobs ("),
        "{fresh}"
    );
    let told = world.oras(&["layout", "gc", "lay", "--grace", "0s", "--dry-run"]);
    assert!(
        told.starts_with(
            "Would remove bbbbbbbbbbbb application/octet-stream\n1 blob (5 B) would be removed, "
        ),
        "{told}"
    );
    assert_eq!(files(&world.path("lay")), before);
    let done = world.oras(&["layout", "gc", "lay", "--grace", "0s", "--format", "json"]);
    let done = json(&done);
    assert_eq!(done["removed"]["blobs"], 1);
    assert_eq!(done["removedBlobs"][0]["size"], 5);
    assert_eq!(done["kept"]["blobs"], 3);
    assert!(!world.path(stray).exists());
    world.oras(&["pull", "--oci-layout", "lay:v1", "-o", "out"]);
}

#[test]
fn manifests_without_a_tag_go_on_request() {
    let world = copied();
    world.oras(&[
        "push",
        "--oci-layout",
        "lay:v1",
        "hello.txt",
        "--artifact-type",
        "t/x",
    ]);
    let kept = json(&world.oras(&["layout", "gc", "lay", "--grace", "0s", "--format", "json"]));
    assert_eq!(kept["removed"]["blobs"], 0);
    let done = [
        "layout",
        "gc",
        "lay",
        "--grace",
        "0s",
        "--untagged",
        "--format",
        "json",
    ];
    let done = json(&world.oras(&done));
    assert_eq!(done["removed"]["blobs"], 1);
    assert_eq!(done["unlisted"].as_array().unwrap().len(), 1);
    world.oras(&["pull", "--oci-layout", "lay:v1", "-o", "out"]);
}

#[test]
fn a_check_succeeds_only_when_everything_is_there_and_whole() {
    let world = copied();
    let sound = world.oras(&["layout", "check", "lay"]);
    assert!(
        sound.starts_with("3 blobs (") && sound.ends_with(" checked\n"),
        "{sound}"
    );
    world.write("lay/note", "strange");
    let strange = world.oras(&["layout", "check", "lay"]);
    assert!(
        strange.starts_with("Note: does not belong there: note\n"),
        "{strange}"
    );

    replace(&layer(&world), "hullo");
    world.oras(&["layout", "check", "lay", "--quick"]);
    let ran = world.run(&["layout", "check", "lay"]);
    assert_eq!(ran.code, 6, "{}", ran.stderr);
    let found = format!("Fault: damaged: sha256:{LAYER} failed verification: ");
    assert!(ran.stdout.starts_with(&found), "{}", ran.stdout);

    std::fs::remove_file(layer(&world)).unwrap();
    let ran = world.run(&["layout", "check", "lay", "--quick", "--format", "json"]);
    assert_eq!(ran.code, 6, "{}", ran.stderr);
    let report = json(&ran.stdout);
    assert_eq!(report["sound"], false);
    assert_eq!(report["problems"][0]["kind"], "missing");
    assert!(
        report["problems"][0]["namedBy"][0]
            .as_str()
            .unwrap()
            .starts_with("sha256:")
    );
}

#[test]
fn a_layout_is_mended_from_a_registry_and_from_a_layout() {
    let world = copied();
    world.oras(&[
        "cp",
        "--from-oci-layout",
        "lay:v1",
        "--to-oci-layout",
        "backup:v1",
    ]);
    let app = world.at("app");
    let sources = [
        vec!["--from", &app],
        vec!["--from", "backup", "--from-oci-layout"],
    ];
    for source in sources {
        replace(&layer(&world), "hullo");
        let mut repair = vec!["layout", "repair", "lay"];
        repair.extend(source);
        let mended = world.oras(&repair);
        assert!(mended.ends_with("1 blob repaired, 0 not\n"), "{mended}");
        world.oras(&["layout", "check", "lay"]);
        assert_eq!(std::fs::read_to_string(layer(&world)).unwrap(), "hello");
    }
}

#[test]
fn what_cannot_be_mended_is_told_and_left_alone() {
    let world = copied();
    replace(&layer(&world), "hullo");
    let ran = world.run(&[
        "layout",
        "repair",
        "lay",
        "--from",
        &world.at("other"),
        "--format",
        "json",
    ]);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    let said = ran.stderr.lines().last().unwrap();
    assert!(
        said.starts_with(&format!("Error: cannot repair sha256:{LAYER}: ")),
        "{said}"
    );
    assert_eq!(json(&ran.stdout)["failed"].as_array().unwrap().len(), 1);
    assert_eq!(std::fs::read_to_string(layer(&world)).unwrap(), "hullo");
}

#[test]
fn the_help_of_each_command_has_examples() {
    let world = World::new();
    for command in ["gc", "check", "repair"] {
        let help = world.oras(&["layout", command, "--help"]);
        let example = format!("  oras layout {command} layout");
        assert!(help.contains("Examples:\n") && help.contains(&example), "{help}");
    }
}
