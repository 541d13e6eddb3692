//! Pulls blocked by existing files: the error names the path as it was typed, and the next step.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Stdio;
use std::time::Duration;

use oras_server::Route;
use oras_server_faults::Fault;

use crate::run::{Ran, World};

/// An artifact of a folder, a file, and a file in a folder.
fn published() -> (World, String) {
    let world = World::new();
    for name in ["docs/a.txt", "docs/sub/b.txt", "notes.txt", "d/x.txt"] {
        world.write(name, name);
    }
    let app = world.at("app:v1");
    world.oras(&["push", &app, "docs", "notes.txt", "d/x.txt"]);
    (world, app)
}

/// Pulls into `out` after `block` put something in the way. Returns the error.
fn refused(block: impl FnOnce(&World)) -> String {
    let (world, app) = published();
    fs::create_dir(world.path("out")).unwrap();
    block(&world);
    let told = world.fails_with(Some(1), &["pull", &app, "-o", "out"]);
    assert!(!told.contains("/proc/"), "{told}");
    assert!(!told.contains("--keep-old-files"), "{told}");
    told
}

#[track_caller]
fn assert_told(told: &str, place: &str, what: &str) {
    let expected = format!("to write {place}: {what}");
    assert!(told.contains(&expected), "{told}\ndoes not say: {expected}");
}

#[test]
fn a_file_or_a_link_with_the_name_of_a_folder() {
    let told = refused(|world| world.write("out/docs", "mine"));
    assert_told(
        &told,
        "out/docs",
        "there is a file where a folder belongs; remove it or rename it first",
    );
    let told = refused(|world| symlink("elsewhere", world.path("out/docs")).unwrap());
    assert_told(
        &told,
        "out/docs",
        "there is a symbolic link of that name; remove it or rename it first",
    );
}

#[test]
fn something_else_in_a_folder_that_is_there() {
    let told = refused(|world| world.write("out/docs/a.txt/mine", "mine"));
    assert_told(
        &told,
        "out/docs/a.txt",
        "there is a folder where a file belongs; remove it or rename it first",
    );
    let told = refused(|world| world.write("out/docs/sub", "mine"));
    assert_told(
        &told,
        "out/docs/sub",
        "there is a file where a folder belongs; remove it or rename it first",
    );
    let told = refused(|world| {
        fs::create_dir(world.path("out/docs")).unwrap();
        symlink("elsewhere", world.path("out/docs/sub")).unwrap();
    });
    assert_told(
        &told,
        "out/docs/sub",
        "there is a symbolic link where a folder belongs; remove it or rename it first",
    );
}

#[test]
fn something_else_with_the_name_of_a_file() {
    let told = refused(|world| world.write("out/notes.txt/mine", "mine"));
    assert_told(
        &told,
        "out/notes.txt",
        "there is a folder where a file belongs; remove it or rename it first",
    );
    let told = refused(|world| symlink("elsewhere", world.path("out/notes.txt")).unwrap());
    assert_told(
        &told,
        "out/notes.txt",
        "there is a symbolic link of that name; remove it or rename it first",
    );
}

#[test]
fn something_else_with_the_name_of_a_folder_on_the_way() {
    let told = refused(|world| world.write("out/d", "mine"));
    assert_told(
        &told,
        "out/d",
        "there is a file where a folder belongs; remove it or rename it first",
    );
    let told = refused(|world| symlink("nowhere", world.path("out/d")).unwrap());
    assert_told(
        &told,
        "out/d",
        "there is a symbolic link that leads nowhere; remove it or rename it first",
    );
}

#[test]
fn the_flag_that_keeps_what_is_there_is_named_where_it_was_given() {
    for name in ["docs/mine", "notes.txt"] {
        let (world, app) = published();
        world.write(&format!("out/{name}"), "mine");
        let told = world.fails(&["pull", &app, "-o", "out", "--keep-old-files"]);
        let place = format!("out/{}", name.split('/').next().unwrap());
        assert!(told.contains(&format!("to write {place}: ")), "{told}");
        assert!(
            told.ends_with("; remove --keep-old-files to replace it"),
            "{told}"
        );
    }
}

#[test]
fn a_folder_that_is_no_folder() {
    let (world, app) = published();
    world.write("out", "mine");
    let told = world.fails_with(Some(1), &["pull", &app, "-o", "out"]);
    assert!(told.contains("cannot store or read out: "), "{told}");
    assert!(
        told.contains("something with that name is in the way; choose another place"),
        "{told}"
    );
}

#[test]
fn a_pipe_is_pushed_by_another_name() {
    let world = World::new();
    let made = std::process::Command::new("mkfifo")
        .arg(world.path("pipe"))
        .status();
    assert!(made.unwrap().success());
    let told = world.fails_with(Some(1), &["push", &world.at("app:v1"), "pipe"]);
    assert!(
        told.ends_with("it is not a regular file; to push what comes from it, write - and add < pipe"),
        "{told}"
    );
}

#[test]
fn a_file_that_changes_while_it_is_pushed_is_said_to() {
    for (old, new) in [("old", "new"), ("old", "longer"), ("old", "")] {
        let world = World::new();
        world.write("a.txt", old);
        let wait = Fault::latency(Duration::from_secs(1)).on_route(Route::Uploads);
        world.server().inject(wait.always());
        let app = world.at("app:v1");
        let pushing = world
            .command(&["push", &app, "a.txt"])
            .stderr(Stdio::piped())
            .spawn();
        let pushing = pushing.unwrap();
        // By then the file has been hashed. It is read again only when the registry takes it.
        while world.journal().count(|entry| entry.route == Route::Uploads) == 0 {
            std::thread::yield_now();
        }
        world.write("a.txt", new);
        let ran = Ran::of(pushing.wait_with_output().unwrap());
        assert_eq!(ran.code, 6, "{}", ran.stderr);
        let told = ran.stderr.lines().last().unwrap();
        assert!(
            told.ends_with("it changed while it was pushed: run it again when nothing writes to it"),
            "{told}"
        );
        world.fails_with(Some(3), &["resolve", &app]);
    }
}
