//! Streams nobody reads, and signals.

use std::io::Read;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use http::Method;
use oras_server::Route;
use oras_server_faults::Fault;

use crate::run::World;

/// Runs a shell line in which `oras` is the program. Returns the exit code, stdout and stderr.
fn shell(world: &World, line: &str) -> (i32, String, String) {
    let program = env!("CARGO_BIN_EXE_oras");
    let output = world_shell(world, &line.replace("oras ", &format!("{program} ")))
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (
        output.status.code().unwrap_or(-1),
        text(output.stdout),
        text(output.stderr),
    )
}

fn world_shell(world: &World, line: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", line]).current_dir(world.path(""));
    command
        .env_clear()
        .env("HOME", world.path(""))
        .env("PATH", "/usr/bin:/bin");
    command
}

#[test]
fn a_closed_or_full_stderr_stops_no_work() {
    let world = World::new();
    world.push_hello("app:v1");
    let (app, copy) = (world.at("app:v1"), world.at("copy:v1"));
    for errors in ["2>&-", "2>/dev/full"] {
        let _ = std::fs::remove_dir_all(world.path("out"));
        for line in [
            format!("oras pull {app} -o out {errors}"),
            format!("oras cp {app} {copy} {errors}"),
            format!("oras push {app} hello.txt {errors}"),
            format!("oras --debug resolve {app} {errors}"),
        ] {
            let (code, _, said) = shell(&world, &line);
            assert_eq!(code, 0, "{line}: {said}");
        }
        assert_eq!(world.read("out/hello.txt"), "hello");
        let (code, ..) = shell(&world, &format!("oras resolve {app}x {errors}"));
        assert_eq!(code, 3);
    }
}

#[test]
fn a_stdout_that_nobody_reads_ends_quietly_with_the_work_done() {
    let world = World::new();
    world.push_hello("app:v1");
    for index in 0..50 {
        world.oras(&["tag", &world.at("app:v1"), &format!("tag-{index:03}")]);
    }
    let (app, repository) = (world.at("app:v1"), world.at("app"));
    for (line, done) in [
        (format!("(oras repo tags {repository}; echo $? >&2) | true"), None),
        (
            format!("(oras repo tags {repository}; echo $? >&2) | head -n 1"),
            None,
        ),
        (format!("(oras discover {app}; echo $? >&2) | true"), None),
        (
            format!("(oras pull {app} -o piped; echo $? >&2) | true"),
            Some("piped/hello.txt"),
        ),
        (format!("(oras pull {app} -o closed >&-; echo $? >&2)"), None),
    ] {
        let (_, _, said) = shell(&world, &line);
        let code = said.lines().last().unwrap_or_default();
        let is_closed = line.contains(">&-");
        assert!(code == "0" || is_closed, "{line}: {said}");
        assert!(
            !said.contains("panicked") && !said.contains("Broken pipe"),
            "{line}: {said}"
        );
        if let Some(file) = done {
            assert_eq!(world.read(file), "hello");
        }
    }
    let (code, _, said) = shell(&world, &format!("oras resolve {app} >/dev/full"));
    assert!(code == 1 && said.contains("cannot write to stdout"), "{said}");
}

/// Starts a command against a registry that hangs, sends a signal once the request has arrived, and waits for the
/// end.
fn interrupted(signal: &str, arguments: &[&str], world: &World) -> (i32, String) {
    let mut child = world
        .command(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let hanging = || {
        world
            .journal()
            .count(|entry| entry.status.as_u16() == 499 || entry.duration > Duration::from_millis(100))
    };
    let since = Instant::now();
    while hanging() == 0 && since.elapsed() < Duration::from_secs(10) {
        std::thread::sleep(Duration::from_millis(20));
    }
    let process = child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-s", signal, &process])
            .status()
            .unwrap()
            .success()
    );
    let since = Instant::now();
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    let code = child.wait().unwrap().code().unwrap_or(-1);
    assert!(
        since.elapsed() < Duration::from_secs(10),
        "it took {:?}",
        since.elapsed()
    );
    (code, said)
}

#[test]
fn every_signal_that_says_stop_cleans_up() {
    for (signal, code) in [("HUP", 129), ("INT", 130), ("TERM", 143)] {
        let world = World::new();
        world.write("hello.txt", vec![b'x'; 3_000_000]);
        let app = world.at("app:v1");
        world.oras(&["push", &app, "hello.txt"]);
        world.journal().clear();
        world
            .server()
            .inject(Fault::stall(2_000_000).on_route(Route::Blob));
        let (ended, said) = interrupted(signal, &["pull", &app, "-o", "out"], &world);
        assert_eq!(
            (ended, said.lines().last()),
            (code, Some("interrupted")),
            "{signal}: {said}"
        );
        let left = std::fs::read_dir(world.path("out")).map_or(0, |entries| entries.count());
        assert_eq!(left, 0, "{signal}");
    }
}

#[test]
fn an_interrupted_push_cancels_its_uploads() {
    let world = World::new();
    world.write("hello.txt", "hello");
    world.server().inject(
        Fault::hang()
            .on_route(Route::Upload)
            .on_method(Method::PUT)
            .always(),
    );
    let (code, _) = interrupted("INT", &["push", &world.at("app:v1"), "hello.txt"], &world);
    assert_eq!(code, 130);
    let cancelled = world
        .journal()
        .count(|entry| entry.method == Method::DELETE && entry.status.is_success());
    assert!(cancelled > 0);
}

#[test]
fn a_hangup_that_is_ignored_stays_ignored() {
    let world = World::new();
    world.push_hello("app:v1");
    world.journal().clear();
    let slow = Fault::latency(Duration::from_secs(1));
    world.server().inject(slow.on_route(Route::Manifest));
    let program = env!("CARGO_BIN_EXE_oras");
    let line = format!(
        "trap '' HUP; {program} resolve {} & sleep 0.4; kill -s HUP $!; wait $!; echo $?",
        world.at("app:v1")
    );
    let output = world_shell(&world, &line).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(
        said.trim_end().ends_with('0') && said.contains("sha256:"),
        "{said}"
    );
}
