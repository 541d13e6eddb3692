//! Which texts are references.

use oras_content::{Digest, Name, Reference, Tag, check_registry_name, check_repository_name};
use proptest::prelude::*;

use crate::EMPTY;

type Parts<'a> = (&'a str, &'a str, Option<&'a str>, Option<&'a str>);

#[track_caller]
fn parses(text: &str, (registry, repository, tag, digest): Parts<'_>) {
    let found: Reference = text.parse().unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(found.registry(), registry, "{text}");
    assert_eq!(found.repository(), repository, "{text}");
    assert_eq!(found.tag().map(Tag::as_str), tag, "{text}");
    assert_eq!(found.digest().map(Digest::as_str), digest, "{text}");
    assert_eq!(found.to_string().parse::<Reference>().unwrap(), found, "{text}");
}

#[test]
fn references_are_taken_apart() {
    parses("localhost/app", ("localhost", "app", None, None));
    parses(
        "localhost:5000/app:v1",
        ("localhost:5000", "app", Some("v1"), None),
    );
    parses(
        "ghcr.io/a/b/c:V_1.0-x",
        ("ghcr.io", "a/b/c", Some("V_1.0-x"), None),
    );
    parses("127.0.0.1:80/a", ("127.0.0.1:80", "a", None, None));
    parses("[::1]/a:b", ("[::1]", "a", Some("b"), None));
    parses("[fe80::1:2]:5000/a", ("[fe80::1:2]:5000", "a", None, None));
    parses("r/a__b/c.d/e--f-g:_", ("r", "a__b/c.d/e--f-g", Some("_"), None));
    parses("REGISTRY.example/a", ("REGISTRY.example", "a", None, None));
    let (by_digest, both, beside) = (
        format!("r/a@{EMPTY}"),
        format!("r/a:v1@{EMPTY}"),
        format!("r/a:@{EMPTY}"),
    );
    parses(&by_digest, ("r", "a", None, Some(EMPTY)));
    parses(&both, ("r", "a", Some("v1"), Some(EMPTY)));
    parses(&beside, ("r", "a", None, Some(EMPTY)));
}

#[test]
fn schemes_are_dropped() {
    for scheme in ["oci://", "http://", "https://", "oci://https://"] {
        parses(&format!("{scheme}r.io/a:b"), ("r.io", "a", Some("b"), None));
    }
    assert!("ftp://r.io/a".parse::<Reference>().is_err());
    assert!("HTTPS://r.io/a".parse::<Reference>().is_err());
}

#[test]
fn the_digest_decides() {
    let both: Reference = format!("r/a:v1@{EMPTY}").parse().unwrap();
    let name = |reference: &Reference| reference.name().map(Name::to_string);
    assert_eq!(name(&both).as_deref(), Some(EMPTY));
    assert_eq!(both.to_string(), format!("r/a:v1@{EMPTY}"));
    assert_eq!(name(&"r/a:v1".parse().unwrap()).as_deref(), Some("v1"));
    assert_eq!(name(&"r/a".parse().unwrap()), None);
}

#[test]
fn what_is_no_reference_is_refused() {
    let digest = EMPTY;
    let refused = [
        "".into(),
        "localhost".into(),
        "localhost:5000".into(),
        "/app:v1".into(),
        "localhost/".into(),
        "localhost//app".into(),
        "localhost/app/".into(),
        "localhost/App".into(),
        "localhost/app_".into(),
        "localhost/a..b".into(),
        "localhost/a___b".into(),
        "localhost/.a".into(),
        "localhost/a b".into(),
        "localhost/é".into(),
        "localhost/../a".into(),
        "localhost/a%2f".into(),
        "localhost/a?b=c".into(),
        "localhost/a#b".into(),
        "localhost/a:".into(),
        "localhost/a:-v".into(),
        "localhost/a:.v".into(),
        "localhost/a:v 1".into(),
        "localhost/a:v1\n".into(),
        format!("localhost/a:{}", "v".repeat(129)),
        "localhost/a:b:c".into(),
        format!("localhost/a:tag:{digest}"),
        format!("localhost/a:{digest}"),
        "localhost/a@".into(),
        "localhost/a@v1".into(),
        format!("localhost/a@@{digest}"),
        format!("localhost/a @{digest}"),
        format!("localhost/a@{digest}@{digest}"),
        format!("localhost/@{digest}"),
        "localhost:/a".into(),
        "localhost:0/a".into(),
        "localhost:65536/a".into(),
        "localhost:+80/a".into(),
        "localhost:80:80/a".into(),
        "user@localhost/a".into(),
        "user:pass@localhost/a".into(),
        "local host/a".into(),
        "a..b/c".into(),
        "[::1/a".into(),
        "::1/a".into(),
        "[::1]x/a".into(),
        "[::1]:/a".into(),
        "[localhost]/a".into(),
        "[fe80::1%25eth0]/a".into(),
        "\u{0}/a".into(),
    ];
    for text in refused {
        let text: String = text;
        assert!(text.parse::<Reference>().is_err(), "{text:?}");
    }
    let error = "x"
        .repeat(1_000_000)
        .parse::<Reference>()
        .unwrap_err()
        .to_string();
    assert!(error.len() < 400);
}

#[test]
fn references_are_built_from_checked_parts() {
    let repository = Reference::new("r.io", "a/b").unwrap();
    let tagged = repository.with_tag("v1").unwrap();
    assert_eq!(tagged.to_string(), "r.io/a/b:v1");
    assert_eq!(
        tagged.with_digest(EMPTY.parse().unwrap()).to_string(),
        format!("r.io/a/b@{EMPTY}")
    );
    assert!(repository.with_tag("v 1").is_err());
    assert!(Reference::new("r.io", "A").is_err());
    assert!(Reference::new("r io", "a").is_err());
    for (tag, valid) in [
        ("a", true),
        (&"a".repeat(128), true),
        (&"a".repeat(129), false),
        ("", false),
        ("a/b", false),
    ] {
        let checked = tag.parse::<Tag>().and_then(|tag| tag.check());
        assert_eq!(checked.is_ok(), valid, "{tag}");
    }
    assert!(check_repository_name("a/b").is_ok() && check_repository_name("a//b").is_err());
    assert!(check_registry_name("[::1]:80").is_ok() && check_registry_name("r.io/").is_err());
}

#[test]
fn docker_hub_has_another_host() {
    for name in ["docker.io", "index.docker.io"] {
        let reference = Reference::new(name, "library/app").unwrap();
        assert_eq!(reference.host(), "registry-1.docker.io");
        assert_eq!(reference.registry(), name);
    }
    assert_eq!(
        Reference::new("docker.io:443", "a").unwrap().host(),
        "docker.io:443"
    );
}

proptest! {
    #[test]
    fn no_text_panics(text in any::<String>()) {
        if let Ok(reference) = text.parse::<Reference>() {
            prop_assert_eq!(reference.to_string().parse::<Reference>().unwrap(), reference);
        }
    }

    #[test]
    fn nothing_like_a_reference_panics(text in "(oci://)?[a-z.:\\[\\]0-9]{0,12}/?[a-z/_.:@-]{0,20}(@sha256:[0-9a-f]{62,66})?") {
        if let Ok(reference) = text.parse::<Reference>() {
            prop_assert_eq!(reference.to_string().parse::<Reference>().unwrap(), reference);
        }
    }

    #[test]
    fn what_follows_the_grammar_parses(
        host in "[a-z0-9]{1,8}(\\.[a-z0-9]{1,8}){0,2}(:[1-9][0-9]{0,3})?",
        path in "[a-z0-9]{1,5}((\\.|_|__|-{1,3})[a-z0-9]{1,5}){0,2}(/[a-z0-9]{1,5}){0,2}",
        tag in "[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}",
    ) {
        let text = format!("{host}/{path}:{tag}@{EMPTY}");
        prop_assert_eq!(text.parse::<Reference>().unwrap().to_string(), text);
    }
}
