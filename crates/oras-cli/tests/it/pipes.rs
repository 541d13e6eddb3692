//! Files from stdin and to stdout, and pulls of some of an artifact's files.

use std::process::Stdio;

use serde_json::Value;

use crate::run::{Place, World, files, with};

fn places(world: &World) -> [Place; 2] {
    [
        (world.at("app"), "registry", vec![]),
        ("lay".to_owned(), "oci-layout", vec!["--oci-layout"]),
    ]
}

#[test]
fn a_file_goes_from_stdin_to_stdout() {
    let world = World::new();
    for (place, label, flags) in places(&world) {
        let name = format!("{place}:v1");
        let long = "0123456789".repeat(100_000);
        let pushed = world.run_with(&long, &with(&["push", &name, "-"], &flags));
        assert_eq!(pushed.code, 0, "{}", pushed.stderr);
        assert!(pushed.stdout.starts_with(&format!("Pushed [{label}] {name}\n")));
        assert_eq!(world.oras(&with(&["pull", &name, "-o", "-"], &flags)), long);

        let named = [
            "push",
            &name,
            "-",
            "--stdin-type",
            "text/plain",
            "--stdin-name",
            "notes.txt",
        ];
        assert_eq!(world.run_with("hello", &with(&named, &flags)).code, 0);
        let manifest = world.oras(&with(&["manifest", "fetch", &name], &flags));
        let manifest: Value = serde_json::from_str(&manifest).unwrap();
        let layer = &manifest["layers"][0];
        assert_eq!(layer["mediaType"], "text/plain");
        assert_eq!(
            layer["annotations"]["org.opencontainers.image.title"],
            "notes.txt"
        );

        let attach = ["attach", &name, "--artifact-type", "s/x", "-", "--format", "json"];
        let attached = world.run_with("signed", &with(&attach, &flags));
        let attached: Value = serde_json::from_str(&attached.stdout).unwrap();
        let referrer = format!("{place}@{}", attached["digest"].as_str().unwrap());
        assert_eq!(
            world.oras(&with(&["pull", &referrer, "-o", "-"], &flags)),
            "signed"
        );
    }
}

#[test]
fn what_is_kept_of_stdin_is_removed() {
    let world = World::new();
    std::fs::create_dir(world.path("tmp")).unwrap();
    let closed = "127.0.0.1:1/app:v1";
    for (name, code) in [(world.at("app:v1").as_str(), 0), (closed, 5)] {
        world.write("in.txt", "hello");
        let stdin = std::fs::File::open(world.path("in.txt")).unwrap();
        let mut command = world.command(&["push", name, "-"]);
        command.env("TMPDIR", world.path("tmp")).stdin(stdin);
        let done = command.output().unwrap();
        assert_eq!(done.status.code(), Some(code), "{done:?}");
        assert_eq!(files(&world.path("tmp")), Vec::<String>::new());
    }
}

#[cfg(unix)]
#[test]
fn an_interrupted_push_leaves_nothing_of_stdin() {
    let world = World::new();
    let tmp = world.path("tmp");
    std::fs::create_dir(&tmp).unwrap();
    let mut command = world.command(&["push", &world.at("app:v1"), "-"]);
    command
        .env("TMPDIR", &tmp)
        .stdin(Stdio::piped())
        .stderr(Stdio::null());
    let mut running = command.spawn().unwrap();
    let open = running.stdin.take();
    while files(&tmp).is_empty() {
        assert_eq!(running.try_wait().unwrap(), None, "it waits for stdin");
        std::thread::yield_now();
    }
    let killed = std::process::Command::new("kill")
        .arg("-INT")
        .arg(running.id().to_string())
        .status();
    assert!(killed.unwrap().success());
    assert_eq!(running.wait().unwrap().code(), Some(130));
    drop(open);
    assert_eq!(files(&tmp), Vec::<String>::new());
}

#[test]
fn some_files_of_an_artifact_are_pulled() {
    let world = World::new();
    for name in ["a.txt", "b.txt", "d/c.txt"] {
        world.write(name, name);
    }
    for (place, _, flags) in places(&world) {
        let name = format!("{place}:v1");
        world.oras(&with(&["push", &name, "a.txt", "b.txt", "d/c.txt"], &flags));
        let pull = |words: &[&str]| world.run(&with(&with(&["pull", &name], words), &flags));
        let one = pull(&["--file", "b.txt", "-o", "one"]);
        assert_eq!(one.code, 0, "{}", one.stderr);
        assert_eq!(files(&world.path("one")).len(), 1);
        assert_eq!(world.read("one/b.txt"), "b.txt");
        let two = pull(&[
            "--file", "d/c.txt", "--file", "a.txt", "-o", "two", "--format", "json",
        ]);
        let two: Value = serde_json::from_str(&two.stdout).unwrap();
        assert_eq!(two["files"].as_array().unwrap().len(), 2);
        assert_eq!(files(&world.path("two")).len(), 2);
        assert_eq!(pull(&["--file", "a.txt", "-o", "-"]).stdout, "a.txt");
        for folder in ["one", "two"] {
            std::fs::remove_dir_all(world.path(folder)).unwrap();
        }
    }
}

#[test]
fn a_wrong_choice_of_files_writes_nothing() {
    let world = World::new();
    for name in ["a.txt", "b.txt"] {
        world.write(name, name);
    }
    for (place, _, flags) in places(&world) {
        let (two, none) = (format!("{place}:two"), format!("{place}:none"));
        world.oras(&with(&["push", &two, "a.txt", "b.txt"], &flags));
        world.oras(&with(&["push", &none, "--artifact-type", "a/b"], &flags));
        for (code, words, said) in [
            (
                3,
                vec!["pull", &two, "--file", "a.txt", "--file", "c.txt", "-o", "out"],
                "it has a.txt, b.txt",
            ),
            (
                3,
                vec!["pull", &two, "--file", "c.txt", "-o", "-"],
                "it has a.txt, b.txt",
            ),
            (
                2,
                vec!["pull", &two, "-o", "-"],
                "choose one with --file, of a.txt, b.txt",
            ),
            (2, vec!["pull", &none, "-o", "-"], "has no files"),
            (
                2,
                vec!["pull", &two, "--file", "a.txt", "-o", "-", "--format", "json"],
                "stdout takes one file",
            ),
            (
                2,
                vec!["push", &two, "a.txt", "--stdin-name", "b"],
                "give - as the file",
            ),
            (
                2,
                vec!["push", &two, "-", "-u", "ann", "--password-stdin"],
                "not both",
            ),
        ] {
            let error = world.fails_with(Some(code), &with(&words, &flags));
            assert!(error.contains(said), "{words:?}: {error}");
        }
        assert!(!world.path("out").exists());
    }
}
