//! Folders: pushed as one layer each, and unpacked by a pull.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use crate::run::{World, files};

/// A folder `docs` with a program and a link.
fn docs(world: &World) {
    world.write("docs/a.txt", "hello");
    world.write("docs/sub/tool", "#!");
    fs::set_permissions(world.path("docs/sub/tool"), fs::Permissions::from_mode(0o755)).unwrap();
    symlink("a.txt", world.path("docs/link")).unwrap();
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_folder_comes_back() {
    let world = World::new();
    docs(&world);
    world.write("notes.txt", "plain");
    let app = world.at("app:v1");
    world.oras(&["push", &app, "docs", "notes.txt"]);

    world.oras(&["pull", &app, "-o", "out"]);

    assert_eq!(fs::read(world.path("out/docs/a.txt")).unwrap(), b"hello");
    assert_eq!(
        fs::read_link(world.path("out/docs/link")).unwrap(),
        Path::new("a.txt")
    );
    assert_eq!(mode(&world.path("out/docs/sub/tool")), 0o755);
    assert_eq!(fs::read(world.path("out/notes.txt")).unwrap(), b"plain");
    assert_eq!(
        fs::read_dir(world.path("out")).unwrap().count(),
        2,
        "something is left over"
    );
}

#[test]
fn the_same_folder_is_the_same_artifact() {
    let (one, two) = (World::new(), World::new());
    let digest = |world: &World| {
        docs(world);
        world.oras(&["push", &world.at("app:v1"), "docs"]);
        let manifest = world.oras(&["manifest", "fetch", &world.at("app:v1")]);
        let manifest: serde_json::Value = serde_json::from_str(&manifest).unwrap();
        manifest["layers"][0].to_string()
    };
    assert_eq!(digest(&one), digest(&two));
}

#[test]
fn times_are_those_that_the_environment_says() {
    let world = World::new();
    docs(&world);
    let app = world.at("app:v1");
    let mut push = world.command(&["push", &app, "docs"]);
    assert!(
        push.env("SOURCE_DATE_EPOCH", "1000000000")
            .output()
            .unwrap()
            .status
            .success()
    );
    let mut wrong = world.command(&["push", &app, "docs"]);
    assert_eq!(
        wrong
            .env("SOURCE_DATE_EPOCH", "now")
            .output()
            .unwrap()
            .status
            .code(),
        Some(2)
    );
    world.oras(&["pull", &app, "-o", "out"]);
    let modified = fs::metadata(world.path("out/docs/a.txt"))
        .unwrap()
        .modified()
        .unwrap();
    let since = modified.duration_since(std::time::UNIX_EPOCH).unwrap();
    assert_eq!(since.as_secs(), 1_000_000_000);
}

#[test]
fn a_folder_of_oras_is_unpacked() {
    let world = World::new();
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/folder-by-oras-1.3.6:v1");

    world.oras(&["pull", "--oci-layout", golden.to_str().unwrap(), "-o", "out"]);

    let tree = world.path("out/tree");
    assert_eq!(fs::read_link(tree.join("link")).unwrap(), Path::new("one.txt"));
    assert_eq!(
        fs::read(tree.join("sub/hard")).unwrap(),
        fs::read(tree.join("one.txt")).unwrap()
    );
    assert_eq!(mode(&tree.join("sub/run.sh")), 0o755);
    assert_eq!(mode(&tree.join("one.txt")), 0o644);
    assert_eq!(fs::read(tree.join("sub/deep/empty")).unwrap(), b"");
    assert_eq!(fs::read(world.path("out/notes.txt")).unwrap(), b"plain\n");
}

#[test]
fn a_folder_stays_packed_on_request() {
    let world = World::new();
    docs(&world);
    let app = world.at("app:v1");
    world.oras(&["push", &app, "docs"]);
    world.oras(&["pull", &app, "-o", "out", "--keep-packed"]);
    let packed = fs::read(world.path("out/docs")).unwrap();
    assert!(packed.starts_with(&[0x1f, 0x8b]));
}

#[test]
fn the_other_files_are_written_whatever_happens_to_one() {
    let world = World::new();
    docs(&world);
    for name in ["a.txt", "z.txt"] {
        world.write(name, name);
    }
    let app = world.at("app:v1");
    world.oras(&["push", &app, "a.txt", "docs", "z.txt"]);
    world.write("out/docs", "mine");

    let failed = world.run(&["pull", &app, "-o", "out"]);

    assert_eq!(failed.code, 1, "{}", failed.stderr);
    assert!(
        failed
            .stderr
            .contains("there is a file where a folder belongs; remove it or rename it first"),
        "{}",
        failed.stderr
    );
    assert_eq!(fs::read(world.path("out/docs")).unwrap(), b"mine");
    assert_eq!(files(&world.path("out")).len(), 3);
}

#[test]
fn what_cannot_be_packed_is_told_by_its_name() {
    let world = World::new();
    docs(&world);
    let _socket = std::os::unix::net::UnixListener::bind(world.path("docs/here")).unwrap();
    let failed = world.run(&["push", &world.at("app:v1"), "docs"]);
    assert_eq!(failed.code, 1);
    assert!(
        failed.stderr.contains("docs/here") && failed.stderr.contains("socket"),
        "{}",
        failed.stderr
    );
}

#[test]
fn a_push_warns_of_what_a_pull_refuses() {
    let world = World::new();
    docs(&world);
    let app = world.at("app:v1");
    let quiet = world.run(&["push", &app, "docs"]);
    assert!(!quiet.stderr.contains("Warning"), "{}", quiet.stderr);

    symlink("/etc/hosts", world.path("docs/hosts")).unwrap();
    for command in [
        vec!["push", &app],
        vec!["attach", &app, "--artifact-type", "application/vnd.test"],
    ] {
        let pushed = world.run(&[&command[..], &["docs"]].concat());
        assert_eq!(pushed.code, 0, "{}", pushed.stderr);
        let warnings: Vec<&str> = pushed
            .stderr
            .lines()
            .filter(|line| line.starts_with("Warning"))
            .collect();
        let expected = "Warning: 'oras pull' refuses this folder without --allow-path-traversal: \
                        refused to unpack \"docs/hosts\": it is a link to \"/etc/hosts\", which is absolute";
        assert_eq!(warnings, [expected]);
    }

    // The warning is right.
    let told = world.fails(&["pull", &app, "-o", "out"]);
    assert!(
        told.contains("it is a link to \"/etc/hosts\", which is absolute"),
        "{told}"
    );
    world.oras(&["pull", &app, "-o", "out", "--allow-path-traversal"]);
    assert_eq!(
        fs::read_link(world.path("out/docs/hosts")).unwrap(),
        Path::new("/etc/hosts")
    );
}
