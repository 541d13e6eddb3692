//! The help of every command, and its examples.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use oras_server::{ServerOptions, User, Users};

use crate::run::{Ran, World, with};

/// Returns the commands below `path` without subcommands.
pub(crate) fn leaves(world: &World, path: &[String]) -> Vec<Vec<String>> {
    let words: Vec<&str> = path.iter().map(String::as_str).collect();
    let help = world.oras(&with(&words, &["-h"]));
    let Some((_, list)) = help.split_once("\nCommands:\n") else {
        return vec![path.to_vec()];
    };
    let names = list.lines().take_while(|line| line.starts_with("  "));
    let names = names
        .filter(|line| !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next());
    let below = names.filter(|name| *name != "help");
    below
        .flat_map(|name| leaves(world, &[path, &[name.to_owned()]].concat()))
        .collect()
}

/// Returns the examples of each command, by its name.
fn examples(world: &World) -> BTreeMap<String, Vec<String>> {
    let mut found = BTreeMap::new();
    for path in leaves(world, &[]) {
        let words: Vec<&str> = path.iter().map(String::as_str).collect();
        let help = world.oras(&with(&words, &["--help"]));
        let examples = help.split_once("Examples:\n").map_or("", |(_, rest)| rest);
        let examples = examples.replace(" \\\n      ", " ");
        let lines = examples.lines().take_while(|line| line.starts_with("  "));
        let lines = lines.map(str::trim).filter(|line| !line.starts_with('#'));
        found.insert(path.join(" "), lines.map(str::to_owned).collect());
    }
    found
}

/// Creates the registry, layout and files that the examples expect.
fn prepared(options: ServerOptions) -> World {
    let world = World::with(options);
    for (name, content) in [
        ("hello.txt", "hello"),
        ("docs/readme.md", "read me"),
        ("sbom.json", "{}"),
        ("amd64.json", r#"{"architecture":"amd64","os":"linux"}"#),
        ("arm64.json", r#"{"architecture":"arm64","os":"linux"}"#),
        (".zfunc/keep", ""),
        (".config/fish/completions/keep", ""),
    ] {
        world.write(name, content);
    }
    world
}

fn fill(world: &World) {
    let hello = world.at("hello");
    let tag = |tag: &str| format!("{hello}:{tag}");
    let kind = ["--artifact-type", "application/vnd.example"];
    world.oras(&with(&["push", &tag("v1"), "hello.txt", "docs"], &kind));
    for platform in ["amd64", "arm64"] {
        let name = tag(&format!("linux-{platform}"));
        let config = format!("{platform}.json:application/vnd.oci.image.config.v1+json");
        world.oras(&["push", &name, "hello.txt", "--config", &config]);
    }
    for (index, manifests) in [
        ("multi", ["linux-amd64", "linux-arm64"]),
        ("other", ["v1", "linux-amd64"]),
    ] {
        world.oras(&with(&["manifest", "index", "create", &tag(index)], &manifests));
    }
    world.oras(&[
        "attach",
        &tag("v1"),
        "--artifact-type",
        "application/vnd.example.signature",
        "-a",
        "k=v",
    ]);
    world.oras(&["cp", "-r", &tag("v1"), "--to-oci-layout", "layout:v1"]);
    world.oras(&["cp", &tag("v1"), "--to-oci-layout", "backup:v1"]);
    for copy in ["tools", "team/hello"] {
        world.oras(&["cp", &tag("v1"), &world.at(&format!("{copy}:v1"))]);
    }
    world.oras(&["backup", &hello, &world.at("tools"), "-o", "many"]);
    world.oras(&["manifest", "fetch", &tag("v1"), "-o", "manifest.json"]);
    let plan = format!("jobs:\n- from: {hello}\n  to: {}\n", world.at("mirror/hello"));
    world.write("mirror.yaml", plan);
    let images = format!("{}:\n  images:\n    hello: [v1]\n", world.registry());
    world.write("images.yaml", images);
}

/// The digest of `hello.txt`.
const HELLO: &str = "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

/// Prepares a shell line with the registry of the test.
fn shell(world: &World, line: &str) -> Command {
    let mut shell = world.shell(line);
    shell
        .env("PASSWORD", "pw")
        .env("DIGEST", HELLO)
        .env("PROFILE", world.path("profile.ps1"));
    shell
}

#[cfg(unix)]
#[test]
fn every_example_works() {
    let all = examples(&World::new());
    let mut worked = 0;
    for (command, lines) in all {
        let is_login = command == "login" || command == "logout";
        let users = Users::new().with_user(User::new("ann", "pw"));
        let world = prepared(match is_login {
            true => ServerOptions::default().with_users(users),
            false => ServerOptions::default(),
        });
        if !is_login {
            fill(&world);
        }
        for line in lines {
            match command == "registry serve" {
                true => serves(&world, &line),
                false => {
                    let ran = Ran::of(shell(&world, &line).output().unwrap());
                    assert_eq!(ran.code, 0, "{line}: {}", ran.stderr);
                }
            }
            worked += 1;
        }
    }
    assert!(worked > 60, "{worked}");
}

/// Runs a server until it prints the address it listens on.
fn serves(world: &World, line: &str) {
    let mut serving = shell(world, &format!("exec {line}"))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut address = String::new();
    let mut stdout = BufReader::new(serving.stdout.take().unwrap());
    stdout.read_line(&mut address).unwrap();
    serving.kill().unwrap();
    serving.wait().unwrap();
    assert!(address.contains("127.0.0.1:"), "{line}: {address}");
}

#[test]
fn every_help_starts_with_one_sentence_and_the_usage() {
    let world = World::new();
    let all = leaves(&world, &[]);
    assert!(all.len() >= 25, "{all:?}");
    for path in all {
        let words: Vec<&str> = path.iter().map(String::as_str).collect();
        let (short, long) = (
            world.oras(&with(&words, &["-h"])),
            world.oras(&with(&words, &["--help"])),
        );
        let mut lines = short.lines();
        let sentence = lines.next().unwrap();
        assert!(
            sentence.starts_with(char::is_uppercase) && !sentence.ends_with('.'),
            "{path:?}: {sentence}"
        );
        assert_eq!(lines.next(), Some(""), "{path:?}");
        let usage = format!("Usage: oras {}", path.join(" "));
        assert!(lines.next().unwrap().starts_with(&usage), "{path:?}: {short}");
        assert!(long.contains(&usage) && long.len() >= short.len(), "{path:?}");
        let examples = short.split_once("Examples:\n").map_or("", |(_, rest)| rest);
        let mut lines = examples.lines().take_while(|line| line.starts_with("  "));
        assert!(
            lines.all(|line| line.chars().count() <= 80),
            "{path:?}: {examples}"
        );
    }
}

#[test]
fn flags_are_in_groups_and_rare_ones_only_in_the_long_help() {
    let world = World::new();
    let (short, long) = (world.oras(&["push", "-h"]), world.oras(&["push", "--help"]));
    let groups = [
        "\nExamples:",
        "\nArguments:",
        "\nOptions:",
        "\nWhere:",
        "\nHow:",
        "\nOutput:",
    ];
    for help in [&short, &long] {
        let places: Vec<usize> = groups
            .iter()
            .map(|group| help.find(group).expect(group))
            .collect();
        assert!(places.is_sorted(), "{help}");
    }
    for flag in [
        "--resolve",
        "--header",
        "--cert-file",
        "--identity-token",
        "--template",
    ] {
        assert!(!short.contains(flag) && long.contains(flag), "{flag}");
    }
    for variable in [
        "ORAS_USERNAME",
        "ORAS_PASSWORD",
        "ORAS_CA_FILE",
        "ORAS_CONCURRENCY",
        "ORAS_FORMAT",
    ] {
        assert!(short.contains(variable), "{variable}");
    }
    for hidden in ["--verbose", "ORAS_COMPLETE"] {
        assert!(!long.contains(hidden), "{hidden}");
    }
}

#[test]
fn the_environment_stands_in_for_flags() {
    let users = Users::new().with_user(User::new("ann", "planted-secret"));
    let world = World::with(ServerOptions::default().with_users(users));
    world.write("hello.txt", "hello");
    let name = world.at("app:v1");
    let run = |arguments: &[&str], variables: &[(&str, &str)]| {
        let mut command = world.command(arguments);
        command.envs(variables.iter().copied());
        Ran::of(command.output().unwrap())
    };
    let credential = [("ORAS_USERNAME", "ann"), ("ORAS_PASSWORD", "planted-secret")];
    let pushed = run(&["push", &name, "hello.txt"], &credential);
    assert_eq!(pushed.code, 0, "{}", pushed.stderr);
    let as_json = with(&credential, &[("ORAS_FORMAT", "json")]);
    let resolved = run(&["resolve", &name], &as_json);
    assert!(resolved.stdout.starts_with("{\n"), "{}", resolved.stdout);
    assert_eq!(run(&["resolve", &name], &[]).code, 4);
    let help = run(&["resolve", "--help"], &credential);
    assert!(!help.stdout.contains("planted-secret"), "{}", help.stdout);
}

#[test]
fn a_mistyped_command_or_flag_gets_a_suggestion() {
    let world = World::new();
    for (words, suggested) in [
        (vec!["pul", "a/b:v1"], "'pull'"),
        (vec!["discovr", "a/b:v1"], "'discover'"),
        (vec!["manifest", "fetch-conf", "a/b:v1"], "'fetch-config'"),
        (vec!["pull", "a/b:v1", "--platfrom", "x/y"], "'--platform'"),
        (
            vec!["push", "a/b:v1", "--artifact-typ", "x/y"],
            "'--artifact-type'",
        ),
        (vec!["ls", "a"], "'oras repo ls'"),
        (vec!["tags", "a/b"], "'oras repo tags'"),
        (vec!["inspect", "a/b:v1"], "'oras manifest fetch'"),
        (vec!["rm", "a/b:v1"], "'oras manifest delete'"),
    ] {
        let ran = world.run(&words);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{words:?}");
        assert!(ran.stderr.contains(suggested), "{words:?}: {}", ran.stderr);
    }
}

#[test]
fn each_command_has_a_manual_page() {
    let world = World::new();
    world.oras(&["man", "man1"]);
    for path in leaves(&world, &[]) {
        let page = world.read(&format!("man1/oras-{}.1", path.join("-")));
        assert!(page.contains(".SH OPTIONS") || path == ["version"], "{path:?}");
        assert!(page.starts_with(".ie") && page.contains(".SH NAME"), "{page}");
    }
    let push = world.read("man1/oras-push.1");
    let (examples, options) = (push.find(".SH EXAMPLES"), push.find(".SH OPTIONS"));
    assert!(examples.is_some() && examples < options, "{push}");
    assert!(world.read("man1/oras.1").contains(".SH \"EXIT CODES\""));
    assert!(!world.path("man1/oras-man.1").exists());
}
