//! Progress on a stderr that is not a terminal, and options to reduce it.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use crate::run::World;

fn pushed(flags: &[&str]) -> (World, String) {
    let world = World::new();
    world.write("hello.txt", "hello");
    let app = world.at("app:v1");
    let ran = world.run(&[&["push", &app, "hello.txt"], flags].concat());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("Digest: sha256:"), "{}", ran.stdout);
    (world, ran.stderr)
}

#[test]
fn lines_are_the_default_where_there_is_no_terminal() {
    let (_, bar) = pushed(&[]);
    let (_, plain) = pushed(&["--progress", "plain"]);
    let (_, no_tty) = pushed(&["--no-tty"]);
    let verbs = |said: &str| {
        let mut verbs: Vec<String> = said
            .lines()
            .map(|line| line.split(' ').next().unwrap().to_owned())
            .collect();
        verbs.sort();
        verbs
    };
    assert!(bar.contains("Uploading 2cf24dba5fb0 hello.txt\n"), "{bar}");
    assert!(bar.contains("Uploaded 2cf24dba5fb0 hello.txt\n"), "{bar}");
    assert_eq!(verbs(&bar), verbs(&plain));
    assert_eq!(verbs(&bar), verbs(&no_tty));
}

#[test]
fn nothing_is_told_where_nothing_is_asked_for() {
    assert_eq!(pushed(&["--progress", "none"]).1, "");
    assert_eq!(pushed(&["--quiet"]).1, "");
    assert_eq!(pushed(&["-q", "--progress", "json"]).1, "");
}

#[test]
fn a_failure_is_told_though_quiet() {
    let world = World::new();
    world.push_hello("app:v1");
    let said = world.fails_with(Some(3), &["pull", &world.at("app:v2"), "--quiet"]);
    assert!(said.starts_with("Error: "), "{said}");
}

#[test]
fn a_warning_is_left_out_when_quiet() {
    let world = World::new();
    world.push_hello("app:v1");
    let app = world.at("app:v1");
    let warned = world.run(&["discover", &app, "--output", "json"]);
    assert!(warned.stderr.contains("Warning: "), "{}", warned.stderr);
    assert_eq!(
        world.run(&["discover", &app, "--output", "json", "-q"]).stderr,
        ""
    );
}

#[test]
fn programs_get_an_object_for_each_event() {
    let (_, said) = pushed(&["--progress", "json"]);
    let events: Vec<serde_json::Value> = said
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let of = |event: &str| {
        let hello = events.iter().filter(|shown| shown["title"] == "hello.txt");
        let found: Vec<_> = hello.filter(|shown| shown["event"] == event).collect();
        assert_eq!(found.len(), 1, "{event} in {said}");
        found[0]
    };
    assert_eq!(of("started")["size"], 5);
    assert_eq!(of("bytes")["done"], 5);
    let finished = of("finished");
    assert_eq!(finished["outcome"], "copied");
    assert_eq!(finished["mediaType"], "application/vnd.oci.image.layer.v1.tar");
    let last = events.last().unwrap();
    assert_eq!(last["totals"]["nodes"], 3);
    assert_eq!(last["totals"]["finishedNodes"], 3);
    assert_eq!(last["totals"]["bytes"], last["totals"]["finishedBytes"]);
}

#[test]
fn a_large_file_is_told_before_it_is_hashed() {
    let world = World::new();
    world.write("large.bin", vec![0; 20 << 20]);
    world.write("folder/a.txt", "a");
    let push = ["push", "--oci-layout", "lay:v1", "large.bin", "folder"];
    let said = world.run(&push).stderr;
    assert!(
        said.starts_with("Hashing large.bin (20.0 MiB)\nPacking folder\n"),
        "{said}"
    );
    let said = world.run(&[&push[..], &["--progress", "json"]].concat()).stderr;
    let first = said.lines().next().unwrap();
    assert_eq!(first, "{\"event\":\"hashing\",\"name\":\"large.bin\"}");
}

#[test]
fn a_wait_for_another_process_is_told() {
    let world = World::new();
    world.write("hello.txt", "hello");
    let push = ["push", "--oci-layout", "lay:v1", "hello.txt"];
    world.oras(&push);
    let lock = std::fs::File::options()
        .write(true)
        .open(world.path("lay/.oras.lock"))
        .unwrap();
    lock.lock().unwrap();
    let mut child = world
        .command(&[&push[..], &["-a", "k=v"]].concat())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap())
        .lines()
        .map(|line| line.unwrap());
    let told = said.find(|line| line.contains("waiting for another process"));
    assert!(told.unwrap().ends_with("which has locked lay/.oras.lock"));
    lock.unlock().unwrap();
    assert!(said.last().is_some());
    assert!(child.wait().unwrap().success());
}
