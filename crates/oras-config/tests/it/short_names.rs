//! Short names: aliases, and the error where there is none.

use oras_config::{Error, RegistriesConfig};

const ALIASES: &str = r#"
unqualified-search-registries = ["one.test", "docker.io"]

[aliases]
saw = "tools.test/team/saw"
"team/axe" = "tools.test/axe"
hub = "docker.io/hub"
"#;

fn expand(text: &str) -> Result<String, Error> {
    let config = RegistriesConfig::parse("registries.conf", ALIASES).unwrap();
    config.expand(text).map(|(reference, _)| reference.to_string())
}

#[test]
fn an_alias_keeps_the_tag_and_the_digest() {
    let digest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(expand("saw").unwrap(), "tools.test/team/saw");
    assert_eq!(expand("saw:v1").unwrap(), "tools.test/team/saw:v1");
    assert_eq!(
        expand(&format!("saw@{digest}")).unwrap(),
        format!("tools.test/team/saw@{digest}")
    );
    assert_eq!(expand("team/axe:v1").unwrap(), "tools.test/axe:v1");
    assert_eq!(expand("hub:v1").unwrap(), "docker.io/library/hub:v1");
}

#[test]
fn a_name_with_a_registry_is_no_short_name() {
    for text in [
        "one.test/saw:v1",
        "localhost/saw:v1",
        "host:5000/saw:v1",
        "[::1]/saw:v1",
    ] {
        assert_eq!(expand(text).unwrap(), text);
    }
}

#[test]
fn without_an_alias_the_error_lists_what_could_be_meant() {
    let error = expand("nail:v1").unwrap_err();
    assert!(matches!(&error, Error::ShortName { candidates, .. } if candidates.len() == 2));
    assert_eq!(
        error.to_string(),
        "\"nail:v1\" names no registry, and no alias is configured; write one of one.test/nail:v1, docker.io/library/nail:v1"
    );
    let error = RegistriesConfig::default().expand("nail").unwrap_err();
    assert_eq!(
        error.to_string(),
        "\"nail\" names no registry, and no alias is configured"
    );
}

#[test]
fn what_is_no_name_is_told_so() {
    for text in ["", "Nail", "a b", "saw:v1:v2", ":v1", "one.test/"] {
        assert!(matches!(expand(text), Err(Error::Reference(_))), "{text}");
    }
}
