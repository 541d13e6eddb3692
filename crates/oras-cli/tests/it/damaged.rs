//! Copies to a layout with missing or damaged content.

use std::path::PathBuf;

use crate::run::World;

/// An artifact in the registry, copied to a layout. Returns the path of its file in the layout.
fn copied(world: &World) -> PathBuf {
    world.push_hello("app:v1");
    world.oras(&["cp", &world.at("app:v1"), "--to-oci-layout", "layout:v1"]);
    let manifest = world.oras(&["manifest", "fetch", "--oci-layout", "layout:v1"]);
    let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    let layer = manifest["layers"][0]["digest"].as_str().unwrap();
    let encoded = layer.strip_prefix("sha256:").unwrap();
    world.path(&format!("layout/blobs/sha256/{encoded}"))
}

fn copy_again(world: &World, more: &[&str]) {
    let app = world.at("app:v1");
    let mut arguments = vec!["cp", &app, "--to-oci-layout", "layout:v1"];
    arguments.extend_from_slice(more);
    world.oras(&arguments);
}

#[test]
fn a_blob_that_is_missing_or_cut_off_is_copied_again() {
    let world = World::new();
    let blob = copied(&world);
    let whole = std::fs::read(&blob).unwrap();
    std::fs::remove_file(&blob).unwrap();
    copy_again(&world, &[]);
    assert_eq!(std::fs::read(&blob).unwrap(), whole);

    std::fs::write(&blob, &whole[1..]).unwrap();
    copy_again(&world, &[]);
    assert_eq!(std::fs::read(&blob).unwrap(), whole);
}

#[test]
fn a_damaged_blob_of_the_right_size_is_mended_on_request() {
    let world = World::new();
    let blob = copied(&world);
    let whole = std::fs::read(&blob).unwrap();
    let damaged: Vec<u8> = whole.iter().map(|byte| !byte).collect();
    for mending in ["--verify", "--force"] {
        std::fs::write(&blob, &damaged).unwrap();
        copy_again(&world, &[]);
        assert_eq!(std::fs::read(&blob).unwrap(), damaged, "nothing was asked for");
        copy_again(&world, &[mending]);
        assert_eq!(std::fs::read(&blob).unwrap(), whole, "{mending}");
    }
}

#[test]
fn what_is_whole_is_not_sent_again_by_a_verifying_copy() {
    let world = World::new();
    copied(&world);
    let app = world.at("copy:v1");
    let copy = ["cp", "--from-oci-layout", "layout:v1", &app, "--verify"];
    world.oras(&copy);
    world.journal().clear();
    world.oras(&copy);
    let sent: Vec<String> = world
        .journal()
        .entries()
        .into_iter()
        .filter(|entry| entry.method == "PUT" || entry.method == "POST")
        .map(|entry| entry.path)
        .collect();
    assert_eq!(sent, ["/v2/copy/manifests/v1"], "only the tag is given again");
}
