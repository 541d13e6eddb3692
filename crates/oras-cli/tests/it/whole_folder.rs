//! The current folder, pushed as a whole.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use crate::run::{World, digest, files};

/// Pushes the content of the folder `in`, from within it. Returns the name and the digest.
fn pushed(world: &World) -> (String, String) {
    world.write("in/a.txt", "a");
    world.write("in/sub/b.txt", "b");
    symlink("sub/b.txt", world.path("in/link")).unwrap();
    let app = world.at("app:v1");
    let push = ["push", &app, "."];
    let ran = world
        .command(&push)
        .current_dir(world.path("in"))
        .output()
        .unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    (app, digest(&String::from_utf8(ran.stdout).unwrap()))
}

/// Returns the files below a folder, relative to it.
fn below(world: &World, folder: &str) -> Vec<String> {
    let found = files(&world.path(folder));
    let start = format!("{}/", world.path(folder).display());
    let inner = found
        .iter()
        .map(|path| path.strip_prefix(&start).unwrap().to_owned());
    inner.collect()
}

#[test]
fn the_current_folder_comes_back_into_any_folder() {
    let world = World::new();
    let (app, _) = pushed(&world);
    world.write("there/mine.txt", "mine");
    world.write("there/a.txt", "old");
    world.write("there/sub/other.txt", "other");
    fs::set_permissions(world.path("there"), fs::Permissions::from_mode(0o750)).unwrap();
    for out in ["new", "there"] {
        world.oras(&["pull", &app, "-o", out]);
        assert_eq!(world.read(&format!("{out}/a.txt")), "a");
        assert_eq!(world.read(&format!("{out}/link")), "b");
    }
    assert_eq!(below(&world, "new"), ["a.txt", "link", "sub/b.txt"]);
    let there = ["a.txt", "link", "mine.txt", "sub/b.txt", "sub/other.txt"];
    assert_eq!(below(&world, "there"), there);
    let mode = fs::metadata(world.path("there")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o750, "the folder itself stays as it was");
    let pull = ["pull", &app];
    let ran = world.command(&pull).current_dir(world.path("there")).output();
    assert!(ran.unwrap().status.success(), "into the current folder");
}

#[test]
fn what_is_in_the_way_of_a_whole_folder_stays_and_so_does_the_rest() {
    let world = World::new();
    let (app, _) = pushed(&world);
    world.write("kept/sub/b.txt", "old");
    let told = world.fails_with(Some(1), &["pull", &app, "-o", "kept", "-k"]);
    assert!(
        told.contains("refused to write kept/sub/b.txt: the file exists")
            && told.contains("--keep-old-files"),
        "{told}"
    );
    assert_eq!(below(&world, "kept"), ["sub/b.txt"]);
    assert_eq!(world.read("kept/sub/b.txt"), "old");
    world.write("other/mine.txt", "mine");
    world.oras(&["pull", &app, "-o", "other", "-k"]);
    assert_eq!(world.read("other/sub/b.txt"), "b");

    world.write("elsewhere/b.txt", "mine");
    fs::create_dir(world.path("linked")).unwrap();
    symlink("../elsewhere", world.path("linked/sub")).unwrap();
    let told = world.fails_with(Some(1), &["pull", &app, "-o", "linked"]);
    assert!(told.contains("linked/sub: there is a symbolic link"), "{told}");
    assert_eq!(world.read("elsewhere/b.txt"), "mine");
    assert_eq!(fs::read_dir(world.path("linked")).unwrap().count(), 1);
}

#[test]
fn only_an_archive_is_a_whole_folder() {
    let world = World::new();
    world.push_hello("app:v2");
    world.write(
        "titles.json",
        r#"{"hello.txt": {"org.opencontainers.image.title": "."}}"#,
    );
    let app = world.at("app:v2");
    let titled = ["push", &app, "hello.txt", "--annotation-file", "titles.json"];
    world.fails_with(Some(1), &titled);
    let manifest = world.oras(&["manifest", "fetch", &app]);
    world.write("hostile.json", manifest.replace("hello.txt", "."));
    world.oras(&["manifest", "push", &app, "hostile.json"]);
    for flags in [&[][..], &["-T"], &["--keep-packed"]] {
        let told = world.fails_with(Some(1), &[&["pull", &app, "-o", "out"], flags].concat());
        assert!(told.contains("it names the folder, not a file in it"), "{told}");
    }
    let (folder, _) = pushed(&world);
    world.fails_with(Some(1), &["pull", &folder, "-o", "out", "--keep-packed"]);
    assert!(below(&world, "out").is_empty());
}

#[test]
fn a_file_may_be_given_another_name() {
    let world = World::new();
    world.write("a.txt", "a");
    world.write("d/b.txt", "b");
    let titles = r#"{"a.txt": {"org.opencontainers.image.title": "other.txt"},
                     "d": {"org.opencontainers.image.title": "e"}}"#;
    world.write("titles.json", titles);
    let app = world.at("app:v1");
    for (to, flags) in [(app.as_str(), &[][..]), ("lay:v1", &["--oci-layout"])] {
        let push = ["push", to, "a.txt", "d", "--annotation-file", "titles.json"];
        world.oras(&[&push, flags].concat());
        world.oras(&[&["pull", to, "-o", "out"], flags].concat());
        assert_eq!(world.read("out/other.txt"), "a");
        assert!(!world.path("other.txt").exists());
        fs::remove_dir_all(world.path("out")).unwrap();
    }
}
