//! What a terminal is sent.

use std::io::{Read, Write};
use std::process::{Child, Stdio};

use oras_server::Route;
use oras_server_faults::Fault;

use crate::hostile::{hostile_layout, is_active};
use crate::run::World;

/// Starts the program at a terminal of its own.
fn at_a_terminal(world: &World, arguments: &[&str]) -> Child {
    let line = format!("{} {}", env!("CARGO_BIN_EXE_oras"), arguments.join(" "));
    let mut command = std::process::Command::new("script");
    command
        .args(["-q", "-e", "-c", &line, "/dev/null"])
        .current_dir(world.path(""));
    command
        .env_clear()
        .env("HOME", world.path(""))
        .env("PATH", "/usr/bin:/bin")
        .env("SHELL", "/bin/sh");
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Reads on until `end` was said, or all of it; what was said.
fn read_until(child: &mut Child, end: &str) -> String {
    let mut said = Vec::new();
    let mut buffer = [0; 4096];
    let stdout = child.stdout.as_mut().unwrap();
    loop {
        let len = stdout.read(&mut buffer).unwrap();
        said.extend_from_slice(&buffer[..len]);
        let text = String::from_utf8_lossy(&said);
        if len == 0 || (!end.is_empty() && text.contains(end)) {
            return text.into_owned();
        }
    }
}

#[test]
fn a_hostile_manifest_only_shows() {
    let world = World::new();
    hostile_layout(&world);
    let mut child = at_a_terminal(&world, &["manifest", "fetch", "--oci-layout", "layout:v1"]);
    let said = read_until(&mut child, "");
    assert!(child.wait().unwrap().success(), "{said}");
    assert!(said.contains("\\u{7f}"), "{said}");
    let active: String = said.chars().filter(|c| is_active(*c) && *c != '\r').collect();
    assert_eq!(active, "");
}

#[test]
fn an_interrupted_transfer_leaves_a_clean_terminal() {
    let world = World::new();
    world.write("hello.txt", vec![b'x'; 3_000_000]);
    let app = world.at("app:v1");
    world.oras(&["push", &app, "hello.txt"]);
    let fault = Fault::stall(2_000_000).on_route(Route::Blob);
    world.server().inject(fault.always());
    let mut child = at_a_terminal(&world, &["pull", &app, "-o", "out"]);
    let mut said = read_until(&mut child, "/s\r\n");
    child.stdin.as_mut().unwrap().write_all(b"\x03").unwrap();
    said.push_str(&read_until(&mut child, ""));
    assert_eq!(child.wait().unwrap().code(), Some(130), "{said}");
    // What was drawn is taken back, from the first column on, and so is the `^C`.
    let (_, last) = said.rsplit_once("\u{1b}[J").unwrap();
    assert_eq!(last, "\r\u{1b}[Kinterrupted\r\n", "{said:?}");
    for (at, _) in said.match_indices('\u{1b}') {
        let is_in_first_column = said[..at].ends_with('\r') || said[at..].starts_with("\u{1b}[J");
        assert!(is_in_first_column, "{said:?}");
    }
}

#[test]
fn a_prune_shows_what_goes_and_asks() {
    let world = World::new();
    world.push_hello("app:v1");
    for (answer, left) in [("n\n", "v1\n"), ("y\n", "")] {
        let app = world.at("app");
        let mut child = at_a_terminal(&world, &["repo", "prune", &app, "--keep", "0"]);
        let mut said = read_until(&mut child, "[y/N] ");
        assert!(said.starts_with("Remove v1 (20"), "{said}");
        assert!(
            said.ends_with(&format!("Remove 1 tag(s) of {app}? [y/N] ")),
            "{said}"
        );
        child
            .stdin
            .as_mut()
            .unwrap()
            .write_all(answer.as_bytes())
            .unwrap();
        said.push_str(&read_until(&mut child, ""));
        assert!(child.wait().unwrap().success(), "{said}");
        assert_eq!(world.oras(&["repo", "tags", &app]), left);
    }
}
