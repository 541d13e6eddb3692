//! Layouts in tar archives: written by push and copy, read by all other commands.

use crate::run::{World, digest, files};

/// Returns the files that are archives or leftovers of one.
fn archives(world: &World) -> Vec<String> {
    let found = files(&world.path(""));
    found
        .into_iter()
        .filter(|name| name.contains(".tar") || name.contains(".oras-tmp"))
        .collect()
}

#[test]
fn a_copy_to_an_archive_is_pulled_from_it() {
    let world = World::new();
    let pushed = world.push_hello("app:v1");
    let copied = world.oras(&["cp", &world.at("app:v1"), "--to-oci-layout", "new/x.tar:v1,v2"]);
    assert!(copied.contains("=> [oci-layout] new/x.tar:v1,v2\n"), "{copied}");
    assert_eq!(digest(&copied), pushed);
    assert_eq!(archives(&world), [world.path("new/x.tar").display().to_string()]);
    let tags = world.oras(&["repo", "tags", "--oci-layout", "new/x.tar"]);
    assert_eq!(tags, "v1\nv2\n");
    world.oras(&["pull", "--oci-layout", "new/x.tar:v2", "-o", "out"]);
    assert_eq!(world.read("out/hello.txt"), "hello");
    let back = world.oras(&["cp", "--from-oci-layout", "new/x.tar:v1", &world.at("back:v1")]);
    assert_eq!(digest(&back), pushed);
}

#[test]
fn a_copy_with_referrers_keeps_them_in_an_archive() {
    let world = World::new();
    world.push_hello("app:v1");
    let attach = [
        "attach",
        &world.at("app:v1"),
        "--artifact-type",
        "a/b",
        "hello.txt",
    ];
    let referrer = digest(&world.oras(&attach));
    world.oras(&["cp", "-r", &world.at("app:v1"), "--to-oci-layout", "x.tar:v1"]);
    let found = world.oras(&["discover", "--oci-layout", "x.tar:v1"]);
    assert!(found.contains(&referrer), "{found}");
}

#[test]
fn a_push_makes_the_same_archive_each_time() {
    let world = World::new();
    world.write("hello.txt", "hello");
    let created = "org.opencontainers.image.created=2000-01-01T00:00:00Z";
    for archive in ["a.tar", "b.tar"] {
        let name = format!("{archive}:v1");
        world.oras(&["push", "--oci-layout", &name, "hello.txt", "-a", created]);
    }
    let [a, b] = ["a.tar", "b.tar"].map(|name| std::fs::read(world.path(name)).unwrap());
    assert!(a == b);
}

#[test]
fn an_archive_that_exists_is_kept() {
    let world = World::new();
    world.push_hello("app:v1");
    world.write("x.tar", "mine");
    for command in [
        vec!["cp", &world.at("app:v1"), "--to-oci-layout", "x.tar:v1"],
        vec!["push", "--oci-layout", "x.tar:v1", "hello.txt"],
    ] {
        let error = world.fails_with(Some(1), &command);
        assert!(error.contains("x.tar: it exists"), "{error}");
    }
    assert_eq!(world.read("x.tar"), "mine");
    assert_eq!(archives(&world).len(), 1);
}

#[test]
fn a_copy_that_fails_or_only_plans_leaves_no_archive() {
    let world = World::new();
    world.push_hello("app:v1");
    world.oras(&["cp", &world.at("app:v1"), "--to-oci-layout", "lay:v1"]);
    let layer = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
    let layer = world.path("lay/blobs/sha256").join(layer);
    let to = ["--to-oci-layout", "x.tar:v1"];
    let planned = world.oras(&["cp", "--dry-run", "--from-oci-layout", "lay:v1", to[0], to[1]]);
    assert!(planned.contains("hello.txt"), "{planned}");
    assert_eq!(archives(&world), [""; 0]);
    std::fs::remove_file(&layer).unwrap();
    std::fs::write(&layer, "hullo").unwrap();
    world.fails_with(Some(6), &["cp", "--from-oci-layout", "lay:v1", to[0], to[1]]);
    assert_eq!(archives(&world), [""; 0]);
}

#[test]
fn a_folder_of_such_a_name_is_a_folder() {
    let world = World::new();
    world.push_hello("app:v1");
    std::fs::create_dir(world.path("x.tar")).unwrap();
    world.oras(&["cp", &world.at("app:v1"), "--to-oci-layout", "x.tar:v1"]);
    assert!(world.path("x.tar/index.json").is_file());
}
