//! The settings in the files of podman and docker for a reference.

use serde_json::Value;

use crate::run::World;

const REGISTRIES: &str = r#"
[aliases]
saw = "r.test/team/saw"

[[registry]]
location = "r.test"

[[registry.mirror]]
location = "m.test/copy"
insecure = true
"#;

const POLICY: &str = r#"{
    "default": [{"type": "reject"}],
    "transports": {"docker": {"r.test/team": [{"type": "insecureAcceptAnything"}]}}
}"#;

/// A user with empty configuration files, so that those of the machine have no effect.
fn world() -> World {
    let world = World::new();
    world.write(".config/containers/registries.conf", REGISTRIES);
    world.write(".config/containers/policy.json", POLICY);
    world.write(".config/containers/certs.d/m.test/ca.crt", "");
    world
}

#[test]
fn each_decision_is_a_line_that_names_its_file() {
    let world = world();
    let told = world.oras(&["config", "explain", "saw:v1"]);
    let folder = format!("{}/.config/containers", world.path("").display()).replace("//", "/");
    assert_eq!(
        told.replace(&folder, "").lines().collect::<Vec<_>>(),
        [
            "alias: r.test/team/saw (/registries.conf:3)",
            "policy: accepted without a signature, by the scope \"r.test/team\" (/policy.json)",
            "mirror: m.test/copy/team/saw:v1, insecure: plain HTTP and any certificate (/registries.conf:8)",
            "certificates: root ca.crt (/certs.d/m.test)",
            "location: r.test/team/saw:v1 (/registries.conf:5)",
        ]
    );
}

#[test]
fn programs_get_file_and_line_apart() {
    let json = world().oras(&["config", "explain", "r.test/x:v1", "--format", "json"]);
    let explanation: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(explanation["reference"], "r.test/x:v1");
    let decisions = explanation["decisions"].as_array().unwrap();
    let topics: Vec<_> = decisions.iter().map(|it| it["topic"].as_str().unwrap()).collect();
    assert_eq!(topics, ["policy", "mirror", "certificates", "location"]);
    assert_eq!(decisions[1]["line"], 8);
    assert!(
        decisions[1]["file"]
            .as_str()
            .unwrap()
            .ends_with("/registries.conf"),
        "{json}"
    );
    assert!(decisions[0]["line"].is_null(), "{json}");
}

#[test]
fn what_is_wrong_names_the_file_or_the_usage() {
    let world = world();
    let unknown = world.run(&["config", "explain", "axe"]);
    assert_eq!(unknown.code, 1, "{}", unknown.stderr);
    assert!(unknown.stderr.contains("names no registry"), "{}", unknown.stderr);
    let invalid = world.run(&["config", "explain", "r.test/Axe"]);
    assert_eq!(invalid.code, 2, "{}", invalid.stderr);
    world.write(".config/containers/policy.json", "{\n}");
    let broken = world.run(&["config", "explain", "r.test/x:v1"]);
    assert_eq!(broken.code, 1, "{}", broken.stderr);
    assert!(
        broken.stderr.contains("policy.json:2: missing field `default`"),
        "{}",
        broken.stderr
    );
}
