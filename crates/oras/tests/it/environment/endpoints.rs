//! Endpoints: the servers that stand for a registry.

use std::sync::Arc;

use oras::{Endpoint, Endpoints, ErrorKind, Serves};

use super::{environment, told};

const REGISTRIES: &str = r#"
[[registry]]
location = "r.test"
[[registry.mirror]]
location = "all.test:5000/copy"
[[registry.mirror]]
location = "digests.test"
pull-from-mirror = "digest-only"
[[registry.mirror]]
location = "tags.test"
pull-from-mirror = "tag-only"

[[registry]]
prefix = "old.test/team"
location = "new.test/moved"

[[registry]]
location = "bad.test"
blocked = true

[[registry]]
prefix = "pin.test/x:v1"
location = "pin.test/x"

[[registry]]
prefix = "docker.io"
location = "docker.io"
"#;

fn places(endpoints: &Arc<dyn Endpoints>, reference: &str) -> Vec<(String, Option<String>, Serves)> {
    let found = endpoints.endpoints(&reference.parse().unwrap()).unwrap();
    let place = |it: Endpoint| (it.host, it.repository, it.serves);
    found.into_iter().map(place).collect()
}

fn place(host: &str, repository: &str, serves: Serves) -> (String, Option<String>, Serves) {
    (host.to_owned(), Some(repository.to_owned()), serves)
}

#[test]
fn mirrors_serve_what_they_are_for_and_the_registry_comes_last() {
    let (environment, _etc) = environment(&[("containers/registries.conf", REGISTRIES)]);
    for reference in ["r.test/x", "r.test/x:v1"] {
        assert_eq!(
            places(&environment.pull_endpoints(), reference),
            [
                place("all.test:5000", "copy/x", Serves::All),
                place("digests.test", "x", Serves::Digests),
                place("tags.test", "x", Serves::Tags),
                place("r.test", "x", Serves::All),
            ]
        );
    }
}

#[test]
fn what_is_rewritten_is_read_there_and_written_as_named() {
    let (environment, _etc) = environment(&[("containers/registries.conf", REGISTRIES)]);
    assert_eq!(
        places(&environment.pull_endpoints(), "old.test/team/x"),
        [place("new.test", "moved/x", Serves::All)]
    );
    for reference in ["old.test/team/x", "r.test/x"] {
        let host = reference.split('/').next().unwrap().to_owned();
        assert_eq!(
            places(&environment.push_endpoints(), reference),
            [(host, None, Serves::All)]
        );
    }
}

#[test]
fn docker_hub_is_asked_where_it_answers() {
    let (configured, _etc) = environment(&[("containers/registries.conf", REGISTRIES)]);
    assert_eq!(
        places(&configured.pull_endpoints(), "docker.io/alpine"),
        [place("registry-1.docker.io", "library/alpine", Serves::All)]
    );
    let (empty, _etc) = environment(&[]);
    assert_eq!(
        places(&empty.pull_endpoints(), "docker.io/alpine"),
        [("registry-1.docker.io".to_owned(), None, Serves::All)]
    );
}

#[test]
fn what_is_blocked_is_refused_with_file_and_line() {
    let (environment, _etc) = environment(&[("containers/registries.conf", REGISTRIES)]);
    let reference = "bad.test/x:v1".parse().unwrap();
    for endpoints in [environment.pull_endpoints(), environment.push_endpoints()] {
        let error = endpoints.endpoints(&reference).unwrap_err();
        assert_eq!(error.kind(), &ErrorKind::Refused);
        assert!(told(&error).contains("registries.conf:17"), "{}", told(&error));
    }
}

#[test]
fn another_tag_is_not_followed() {
    let (environment, _etc) = environment(&[("containers/registries.conf", REGISTRIES)]);
    let endpoints = environment.pull_endpoints();
    let error = endpoints
        .endpoints(&"pin.test/x:v1".parse().unwrap())
        .unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::Refused);
    assert!(told(&error).contains("another tag"), "{}", told(&error));
    assert_eq!(places(&endpoints, "pin.test/x:v2").len(), 1);
}

#[test]
fn short_names_are_expanded_where_there_is_an_alias() {
    let aliases = "[aliases]\ntool = 'r.test/tool'\n";
    let (environment, _etc) = environment(&[("containers/registries.conf", aliases)]);
    let expand = |text| environment.expand(text).map(|it| it.to_string());
    assert_eq!(expand("tool:v1").unwrap(), "r.test/tool:v1");
    assert_eq!(expand("host/tool:v1").unwrap(), "host/tool:v1");
    let error = expand("tools:v1").unwrap_err();
    assert_eq!(error.kind(), &ErrorKind::InvalidReference);
}
