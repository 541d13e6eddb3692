//! Completion as requested by shells.

use std::io::Read;
use std::time::{Duration, Instant};

use crate::run::{Ran, World};

/// Returns what Bash receives as completions of this line.
fn after(world: &World, line: &str) -> Vec<String> {
    let mut command = world.command(&["--"]);
    command
        .env("ORAS_COMPLETE", "bash")
        .env("ORAS_COMPLETE_LINE", line)
        .env("ORAS_COMPLETE_BREAKS", " \t\n\"'@><=;|&(:");
    told(Ran::of(command.output().unwrap()))
}

#[test]
fn what_is_typed_next_is_not_read_as_a_password() {
    let world = World::new();
    world.push_hello("app:v1");
    world.write("typed", "ls\n");
    let mut typed = std::fs::File::open(world.path("typed")).unwrap();
    let mut command = world.command(&["--"]);
    let line = format!("oras repo tags -u me --password-stdin {}", world.at("app:"));
    command
        .stdin(typed.try_clone().unwrap())
        .env("ORAS_COMPLETE", "bash")
        .env("ORAS_COMPLETE_LINE", line)
        .env("ORAS_COMPLETE_BREAKS", " \t\n\"'@><=;|&(:");
    assert_eq!(told(Ran::of(command.output().unwrap())), Vec::<String>::new());
    let mut left = String::new();
    typed.read_to_string(&mut left).unwrap();
    assert_eq!(left, "ls\n");
}

fn told(ran: Ran) -> Vec<String> {
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    ran.stdout.lines().map(str::to_owned).collect()
}

#[test]
fn commands_flags_and_values_are_completed() {
    let world = World::new();
    assert_eq!(after(&world, "oras disc"), ["discover "]);
    assert_eq!(after(&world, "oras c"), ["cp", "config", "completion"]);
    assert_eq!(after(&world, "oras dig"), ["digest "]);
    assert_eq!(after(&world, "oras copy --to-plain"), ["--to-plain-http "]);
    assert_eq!(after(&world, "oras manifest index c"), ["create "]);
    assert_eq!(after(&world, "oras push --artifact-t"), ["--artifact-type "]);
    assert_eq!(after(&world, "oras pull --format j"), ["json "]);
    world.write("sub/file.txt", "x");
    assert_eq!(after(&world, "oras manifest push x sub/f"), ["sub/file.txt "]);
}

#[test]
fn repositories_and_tags_are_completed() {
    let world = World::new();
    for name in ["app:v1", "app:v2", "apple:v1", "ns/other:v1"] {
        world.push_hello(name);
    }
    world.oras(&["cp", &world.at("app:v1"), "--to-oci-layout", "lay:kept"]);
    let registry = world.registry();
    let port = registry.split(':').next_back().unwrap();
    let line = |words: &str| words.replace("REG", &registry);
    assert_eq!(after(&world, &line("oras pull REG/app:v")), ["v1", "v2"]);
    assert_eq!(after(&world, &line("oras tag REG/app:v1,v")), ["v1,v1", "v1,v2"]);
    assert_eq!(after(&world, &line("oras cp REG/apple:")), ["v1 "]);
    // For Bash, a word starts after the colon before the port.
    let repositories = [format!("{port}/app"), format!("{port}/apple")];
    assert_eq!(after(&world, &line("oras discover REG/ap")), repositories);
    let layout = after(&world, "oras pull --oci-layout lay:");
    assert_eq!(layout, ["kept "]);
    let from = after(&world, "oras cp --from-oci-layout lay:");
    assert_eq!(from, ["kept "]);
}

#[test]
fn a_name_that_a_shell_would_run_is_not_offered() {
    let world = World::new();
    world.push_hello("app:v1");
    let app = world.at("app:v1");
    world.oras(&["cp", &app, "--to-oci-layout", "lay:kept"]);
    world.oras(&["cp", &app, "--to-oci-layout-path", "lay", "k$(ran)"]);
    assert_eq!(
        world
            .oras(&["repo", "tags", "--oci-layout", "lay"])
            .lines()
            .count(),
        2
    );
    assert_eq!(after(&world, "oras pull --oci-layout lay:k"), ["kept "]);
}

#[test]
fn other_shells_ask_in_their_own_ways() {
    let world = World::new();
    world.push_hello("app:v1");
    let typed = world.at("app:");
    for (shell, escaped) in [
        ("zsh", world.at("app:v1").replace(':', "\\:")),
        ("fish", world.at("app:v1")),
        ("powershell", world.at("app:v1")),
    ] {
        let mut command = world.command(&["--", "oras", "pull", &typed]);
        command
            .env("ORAS_COMPLETE", shell)
            .env("_CLAP_COMPLETE_INDEX", "2");
        let told = told(Ran::of(command.output().unwrap()));
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].starts_with(&escaped), "{shell}: {told:?}");
    }
}

#[test]
fn a_shell_is_told_nothing_rather_than_an_error() {
    let world = World::new();
    // It accepts connections but never answers.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = format!("oras pull {}/app:", silent.local_addr().unwrap());
    let started = Instant::now();
    for line in [
        silent.as_str(),
        "oras pull 127.0.0.1:1/app:",
        "oras pull no.such.registry.invalid/",
        "oras pull --oci-layout nowhere:",
        "oras pull --ca-file nowhere registry.example/a:",
        "oras pull -u ann registry.example/a:",
        "oras pull http://ann:secret@registry.example/a:",
        "oras logout 127.0.0.1:1/",
    ] {
        let told = after(&world, line);
        assert!(told.iter().all(|told| told.starts_with('-')), "{line}: {told:?}");
    }
    // Without the limit for completion, the timeout is 60 seconds.
    assert!(started.elapsed() < Duration::from_secs(30));
    after(&world, "oras nonsense --more ");
    let mut unknown = world.command(&["--", "oras", "pu"]);
    unknown.env("ORAS_COMPLETE", "tcsh");
    assert_eq!(told(Ran::of(unknown.output().unwrap())), Vec::<String>::new());
}

#[test]
fn each_shell_has_a_script() {
    let world = World::new();
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let script = world.oras(&["completion", shell]);
        assert!(script.contains("ORAS_COMPLETE"), "{shell}: {script}");
        assert!(!script.contains("/oras"), "it is found by PATH: {script}");
    }
    assert_eq!(world.run(&["completion", "tcsh"]).code, 2);
}

#[cfg(unix)]
#[test]
fn the_script_works_in_bash() {
    let world = World::new();
    world.push_hello("app:v1");
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_oras")).parent().unwrap();
    let port = world.registry().split(':').next_back().unwrap().to_owned();
    let script = format!(
        "source <(oras completion bash)
        COMP_LINE='oras pull {name}' COMP_POINT={point}
        COMP_WORDS=(oras pull {host} : {port}/app : v) COMP_CWORD=6
        _oras_complete oras v :
        printf '%s|' \"${{COMPREPLY[@]}}\"",
        name = world.at("app:v"),
        point = "oras pull ".len() + world.at("app:v").len(),
        host = "127.0.0.1",
    );
    let mut bash = std::process::Command::new("bash");
    bash.args(["--norc", "-c", &script])
        .env("PATH", format!("{}:/usr/bin:/bin", program.display()))
        .env("HOME", world.path("."));
    let ran = Ran::of(bash.output().unwrap());
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("v1 |", ""));
}
