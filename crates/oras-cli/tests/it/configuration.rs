//! Config blobs: any file can be one, and invalid ones are refused.

use std::process::Command;

use serde_json::Value;

use crate::run::{Ran, World};

const CREATED: &str = "org.opencontainers.image.created=2000-01-01T00:00:00Z";

/// Pushes `hello.txt` with this config. Returns the descriptor of the config.
fn pushed(world: &World, config: &str) -> Value {
    let app = world.at("app:v1");
    world.oras(&["push", &app, "hello.txt", "--config", config, "-a", CREATED]);
    let described = world.oras(&["manifest", "fetch-config", &app, "--descriptor"]);
    serde_json::from_str(&described).unwrap()
}

#[test]
fn a_configuration_may_be_anywhere_for_it_is_no_file_of_the_artifact() {
    let world = World::new();
    world.write("hello.txt", "hello");
    world.write("sub/config.json", "{}");
    let absolute = world.path("sub/config.json").display().to_string();
    let folder = world.path("").file_name().unwrap().to_str().unwrap().to_owned();
    let above = format!("../{folder}/sub/config.json");
    for path in ["sub/config.json", &absolute, &above] {
        let config = pushed(&world, &format!("{path}:a/b"));
        let digest = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
        let expected = serde_json::json!({ "mediaType": "a/b", "digest": digest, "size": 2 });
        assert_eq!(config, expected, "{path}");
    }
}

#[test]
fn a_configuration_may_be_a_file_of_the_artifact_too() {
    let world = World::new();
    world.write("hello.txt", "hello");
    assert_eq!(pushed(&world, "hello.txt:a/b")["size"], 5);
    world.oras(&["pull", &world.at("app:v1"), "-o", "out"]);
    assert_eq!(world.read("out/hello.txt"), "hello");
    assert!(!world.path("out/$config").exists());
}

#[test]
fn a_configuration_is_read_from_devices_and_pipes() {
    let world = World::new();
    world.write("hello.txt", "hello");
    assert_eq!(pushed(&world, "/dev/null:a/b")["size"], 0);
    let zero = ["push", &world.at("app:v2"), "hello.txt", "--config", "/dev/zero"];
    let told = world.fails_with(Some(1), &zero);
    assert!(told.contains("larger than the limit"), "{told}");

    let made = Command::new("mkfifo").arg(world.path("pipe")).status();
    assert!(made.unwrap().success());
    let push = "echo {} > pipe & oras push REG/app:v3 hello.txt --config pipe:a/b";
    let ran = Ran::of(
        world
            .shell(&push.replace("REG", &world.registry()))
            .output()
            .unwrap(),
    );
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(
        world.oras(&["manifest", "fetch-config", &world.at("app:v3")]),
        "{}\n"
    );
}

#[test]
fn no_manifest_is_written_over_its_configuration() {
    let world = World::new();
    world.write("hello.txt", "hello");
    world.write("config.json", "{}");
    let app = world.at("app:v1");
    world.push_hello("app:v1");
    for command in ["push", "attach"] {
        let output = [
            "--config",
            "config.json:a/b",
            "--export-manifest",
            "./config.json",
        ];
        let named = [command, &app, "--artifact-type", "a/b", "hello.txt"];
        let told = world.fails_with(Some(2), &[&named[..], &output[..]].concat());
        assert!(told.contains("would be overwritten by the manifest"), "{told}");
        assert_eq!(world.read("config.json"), "{}");
    }
}

#[test]
fn a_manifest_and_annotations_come_from_pipes() {
    let world = World::new();
    world.push_hello("app:v1");
    let lines = r#"
        oras manifest fetch REG/app:v1 > document
        cat document > pipe & oras manifest push REG/app:v2 pipe
        echo '{"$manifest":{"k":"v"}}' > pipe & oras push REG/app:v3 hello.txt --annotation-file pipe"#;
    let made = Command::new("mkfifo").arg(world.path("pipe")).status();
    assert!(made.unwrap().success());
    let ran = Ran::of(
        world
            .shell(&lines.replace("REG", &world.registry()))
            .output()
            .unwrap(),
    );
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let app = world.at("app");
    let resolved = |tag: &str| world.oras(&["resolve", &format!("{app}:{tag}")]);
    assert_eq!(resolved("v1"), resolved("v2"));
    let manifest = world.oras(&["manifest", "fetch", &format!("{app}:v3")]);
    assert!(manifest.contains(r#""k":"v""#), "{manifest}");
}
