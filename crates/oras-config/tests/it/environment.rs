//! `Environment`: all files together, and what they say about a reference.

use oras_config::{Environment, Error, Topic};

use crate::folders::Folders;

const REGISTRIES: &str = r#"
colour = "red"

[[registry]]
location = "r.test"
insecure = true

[[registry.mirror]]
location = "m.test/copy"

[[registry]]
location = "old.test"
blocked = true
"#;

const POLICY: &str = r#"{
    "default": [{"type": "reject"}],
    "transports": {"docker": {"r.test": [{"type": "sigstoreSigned", "keyPath": "/k"}]}}
}"#;

fn folders() -> Folders {
    Folders::new()
        .with("etc/containers/registries.conf", REGISTRIES)
        .with("etc/containers/policy.json", POLICY)
        .with("etc/docker/certs.d/m.test/ca.crt", "")
}

/// The lines of an explanation, without the folder that the files are in.
fn lines(folders: &Folders, reference: &str) -> Vec<String> {
    let environment = Environment::detect(&folders.roots()).unwrap();
    let text = environment.explain(&reference.parse().unwrap()).to_string();
    let folder = folders.path("");
    text.replace(folder.to_str().unwrap(), "")
        .lines()
        .map(str::to_owned)
        .collect()
}

#[test]
fn each_decision_is_a_line_with_the_file_that_makes_it() {
    assert_eq!(
        lines(&folders(), "r.test/x:v1"),
        [
            "policy: rejected unless a verifier accepts a sigstoreSigned signature, by the scope \"r.test\" (etc/containers/policy.json)",
            "mirror: m.test/copy/x:v1 (etc/containers/registries.conf:8)",
            "certificates: root ca.crt (etc/docker/certs.d/m.test)",
            "location: r.test/x:v1, insecure: plain HTTP and any certificate (etc/containers/registries.conf:4)",
            "warning: unknown member \"colour\" is ignored (etc/containers/registries.conf:2)",
        ]
    );
}

#[test]
fn refusals_are_lines_too() {
    let folders = folders().with("etc/docker/certs.d/r.test/me.cert", "");
    let blocked = lines(&folders, "old.test/x:v1");
    assert_eq!(
        blocked[0],
        "policy: rejected, by the default (etc/containers/policy.json)"
    );
    assert_eq!(
        blocked[1],
        "refused: old.test/x:v1 is blocked by the registry \"old.test\" (etc/containers/registries.conf:11)"
    );
    let certificate = lines(&folders, "r.test/x:v1");
    assert_eq!(
        certificate[4],
        "refused: me.cert has no key: expected me.key (etc/docker/certs.d/r.test/me.cert)"
    );
}

#[test]
fn without_files_all_is_by_default() {
    let folders = Folders::new();
    assert_eq!(
        lines(&folders, "docker.io/x:v1"),
        [
            "policy: accepted: there is no policy.json (by default)",
            "location: docker.io/library/x:v1 (by default)",
        ]
    );
}

#[test]
fn the_alias_of_a_short_name_comes_first() {
    let folders = folders().with(
        "user/containers/registries.conf.d/a.conf",
        "[aliases]\nsaw = \"r.test/saw\"\n",
    );
    let environment = Environment::detect(&folders.roots()).unwrap();
    let explanation = environment.explain_name("saw:v1").unwrap();
    assert_eq!(explanation.reference.to_string(), "r.test/saw:v1");
    let alias = &explanation.decisions[0];
    assert_eq!((alias.topic, alias.text.as_str()), (Topic::Alias, "r.test/saw"));
    assert_eq!(alias.decided_by.as_ref().unwrap().line, Some(2));
    let full = environment.explain_name("r.test/saw:v1").unwrap();
    assert_eq!(full.decisions[..], explanation.decisions[1..]);
    assert!(matches!(
        environment.explain_name("axe"),
        Err(Error::ShortName { .. })
    ));
}

#[test]
fn topics_are_for_programs() {
    let environment = Environment::detect(&folders().roots()).unwrap();
    let explanation = environment.explain(&"old.test/x:v1".parse().unwrap());
    let topics: Vec<_> = explanation.decisions.iter().map(|it| it.topic).collect();
    assert_eq!(topics, [Topic::Policy, Topic::Refused, Topic::Warning]);
}

#[test]
fn one_broken_file_fails_all() {
    let folders = folders().with("etc/containers/policy.json", "{}");
    assert!(matches!(
        Environment::detect(&folders.roots()),
        Err(Error::Syntax { .. })
    ));
}
