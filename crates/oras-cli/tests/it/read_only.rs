//! A layout that can be read but not written.

use std::fs::{Permissions, metadata, set_permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::process::Command;

use crate::run::{Ran, World, files};

/// A user other than root, because permissions do not apply to root.
const NOBODY: u32 = 65534;

pub(crate) fn permit(world: &World, name: &str, mode: u32) {
    set_permissions(world.path(name), Permissions::from_mode(mode)).unwrap();
}

/// Runs the program as a user bound by permissions.
pub(crate) fn run(world: &World, arguments: &[&str]) -> Ran {
    if metadata(world.path("")).unwrap().uid() != 0 {
        return world.run(arguments);
    }
    // The program may be in a folder only root can enter.
    let program = world.path("oras");
    if !program.exists() {
        // Copied by another process: a child forked meanwhile by another test would keep the file open for writing.
        let copied = Command::new("cp")
            .arg(env!("CARGO_BIN_EXE_oras"))
            .arg(&program)
            .status();
        assert!(copied.unwrap().success());
        permit(world, "", 0o777);
    }
    let mut command = Command::new(program);
    command.args(arguments).current_dir(world.path("")).env_clear();
    command.env("HOME", world.path("")).uid(NOBODY).gid(NOBODY);
    Ran::of(command.output().unwrap())
}

#[test]
fn a_layout_that_cannot_be_written_to_is_read_and_says_so() {
    let world = World::new();
    world.push_hello("app:v1");
    world.oras(&["cp", &world.at("app:v1"), "--to-oci-layout", "lay:v1"]);
    std::fs::remove_file(world.path("lay/.oras.lock")).unwrap();
    world.write("new.txt", "new");
    for name in ["lay/blobs/sha256", "lay/blobs", "lay"] {
        permit(&world, name, 0o555);
    }
    let before = files(&world.path("lay"));
    for read in [
        &["pull", "--oci-layout", "lay:v1", "-o", "out"][..],
        &["discover", "--oci-layout", "lay:v1"],
        &["repo", "tags", "--oci-layout", "lay"],
        &["layout", "check", "lay"],
    ] {
        let ran = run(&world, read);
        assert_eq!(ran.code, 0, "{read:?}: {}", ran.stderr);
    }
    for write in [
        &["tag", "--oci-layout", "lay:v1", "v2"][..],
        &["push", "--oci-layout", "lay:v2", "new.txt"],
        &["manifest", "delete", "-f", "--oci-layout", "lay:v1"],
        &["layout", "gc", "lay"],
    ] {
        let ran = run(&world, write);
        let said = ran.stderr.lines().last().unwrap();
        assert_eq!(ran.code, 1, "{write:?}: {said}");
        assert!(
            said.contains(": the folder is readable but not writable: cannot "),
            "{said}"
        );
        assert!(
            said.ends_with("; choose a place that you can write to, or change its permissions"),
            "{said}"
        );
    }
    assert_eq!(files(&world.path("lay")), before);
    for name in ["lay", "lay/blobs", "lay/blobs/sha256"] {
        permit(&world, name, 0o755);
    }
}
