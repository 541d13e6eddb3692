//! `registries.conf`: what one file says, and what is refused.

use oras_config::{Error, PullFromMirror, RegistriesConfig, ShortNameMode};

/// A digest of nothing in particular.
const DIGEST: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// The shape of the example in the manual page: a remapped namespace with two mirrors, and a host with one.
const SHOP: &str = r#"
unqualified-search-registries = ["registry.shop.test"]
credential-helpers = ["containers-auth.json", "pass"]
short-name-mode = "enforcing"

[[registry]]
prefix = "shop.test/tools"
insecure = false
blocked = false
location = "store.internal.test/shop"

[[registry.mirror]]
location = "near.test/tools-copy"

[[registry.mirror]]
location = "far.test/copies/tools"
insecure = true

[[registry]]
location = "registry.shop.test"

[[registry.mirror]]
location = "mirror.registry.shop.test"
"#;

fn parse(text: &str) -> RegistriesConfig {
    RegistriesConfig::parse("registries.conf", text).unwrap()
}

/// The places for a reference, those that are insecure with a mark.
fn places(config: &RegistriesConfig, reference: &str) -> Vec<String> {
    let plan = config.resolve(&reference.parse().unwrap()).unwrap();
    assert!(!plan.endpoints.last().unwrap().is_mirror);
    let place = |insecure, reference| format!("{reference}{}", if insecure { " !" } else { "" });
    let endpoints = plan.endpoints.iter();
    endpoints.map(|it| place(it.insecure, &it.reference)).collect()
}

#[test]
fn mirrors_come_first_and_the_location_last() {
    let config = parse(SHOP);
    assert_eq!(
        places(&config, "shop.test/tools/saw:v1"),
        [
            "near.test/tools-copy/saw:v1",
            "far.test/copies/tools/saw:v1 !",
            "store.internal.test/shop/saw:v1",
        ]
    );
    assert_eq!(
        places(&config, "registry.shop.test/saw:v1"),
        ["mirror.registry.shop.test/saw:v1", "registry.shop.test/saw:v1"]
    );
    assert_eq!(places(&config, "shop.test/other:v1"), ["shop.test/other:v1"]);
}

#[test]
fn settings_of_the_whole_file_are_read() {
    let config = parse(SHOP);
    assert_eq!(config.search_registries(), ["registry.shop.test"]);
    assert_eq!(config.credential_helpers(), ["containers-auth.json", "pass"]);
    assert_eq!(config.short_name_mode(), ShortNameMode::Enforcing);
    assert_eq!(config.warnings(), []);
}

#[test]
fn each_endpoint_names_the_line_that_decides_it() {
    let plan = parse(SHOP)
        .resolve(&"shop.test/tools/saw:v1".parse().unwrap())
        .unwrap();
    let origins: Vec<_> = plan
        .endpoints
        .iter()
        .map(|it| it.decided_by.as_ref().unwrap().to_string())
        .collect();
    assert_eq!(
        origins,
        ["registries.conf:12", "registries.conf:15", "registries.conf:6"]
    );
    let matched = plan.matched.unwrap();
    assert_eq!(
        (matched.prefix.as_str(), matched.at.line),
        ("shop.test/tools", Some(6))
    );
}

#[test]
fn the_longest_prefix_counts() {
    let table = |prefix: &str, location: &str| {
        format!("[[registry]]\nprefix = {prefix:?}\nlocation = {location:?}\n")
    };
    let config = parse(
        &[
            table("*.test", "any"),
            table("*.b.test", "wild"),
            table("a.b.test", "host"),
            table("a.b.test:5000", "port"),
            table("a.b.test/x", "namespace"),
            table("a.b.test/x/y", "repository.test/r"),
            table("a.b.test/x/y:v1", "tag.test/is:v9"),
            table(
                &format!("a.b.test/x/y@{DIGEST}"),
                &format!("digest.test/is@{DIGEST}"),
            ),
        ]
        .concat(),
    );
    for (reference, place) in [
        ("a.b.test/z:v1", "host/z:v1"),
        ("a.b.test/x/z:v1", "namespace/z:v1"),
        ("a.b.test/xx:v1", "host/xx:v1"),
        ("a.b.test/x/y:v2", "repository.test/r:v2"),
        ("a.b.test/x/y:v1", "tag.test/is:v9"),
        ("a.b.test/x/y:v11", "repository.test/r:v11"),
        ("a.b.test:5000/x/y:v1", "port/x/y:v1"),
        ("a.b.test:6000/x/y:v1", "wild:6000/x/y:v1"),
        ("c.b.test/z:v1", "wild/z:v1"),
        ("d.c.b.test:80/z:v1", "wild:80/z:v1"),
        ("c.test/z", "any/z"),
        ("test/z", "test/z"),
        ("ab.test.example/z", "ab.test.example/z"),
    ] {
        assert_eq!(places(&config, reference), [place], "{reference}");
    }
    let by_digest = format!("a.b.test/x/y@{DIGEST}");
    let by_both = format!("a.b.test/x/y:v1@{DIGEST}");
    assert_eq!(places(&config, &by_both), [format!("digest.test/is@{DIGEST}")]);
    assert_eq!(places(&config, &by_digest), [format!("digest.test/is@{DIGEST}")]);
}

#[test]
fn a_wildcard_without_a_location_keeps_the_reference() {
    let config = parse("[[registry]]\nprefix = \"*.shop.test\"\ninsecure = true\n");
    assert_eq!(
        places(&config, "a.b.shop.test:5000/x:v1"),
        ["a.b.shop.test:5000/x:v1 !"]
    );
    assert_eq!(places(&config, "shop.test/x:v1"), ["shop.test/x:v1"]);
    assert_eq!(places(&config, "ashop.test/x:v1"), ["ashop.test/x:v1"]);
    assert_eq!(
        places(&config, "other.test/a.shop.test/x:v1"),
        ["other.test/a.shop.test/x:v1"]
    );
}

#[test]
fn mirrors_are_chosen_by_tag_and_digest() {
    let mirrors = r#"
[[registry.mirror]]
location = "all.test"
[[registry.mirror]]
location = "digests.test"
pull-from-mirror = "digest-only"
[[registry.mirror]]
location = "tags.test"
pull-from-mirror = "tag-only"
"#;
    let config = parse(&format!("[[registry]]\nlocation = \"r.test\"\n{mirrors}"));
    let hosts = |reference: &str| {
        let hosts = places(&config, reference).into_iter();
        hosts
            .map(|place| place.split('/').next().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(hosts("r.test/x:v1"), ["all.test", "tags.test", "r.test"]);
    let all = config.resolve_all(&"r.test/x:v1".parse().unwrap()).unwrap();
    let all: Vec<_> = all
        .endpoints
        .iter()
        .map(|it| (it.reference.registry(), it.pull_from))
        .collect();
    assert_eq!(
        all,
        [
            ("all.test", PullFromMirror::All),
            ("digests.test", PullFromMirror::DigestOnly),
            ("tags.test", PullFromMirror::TagOnly),
            ("r.test", PullFromMirror::All),
        ]
    );
    assert_eq!(hosts("r.test/x"), ["all.test", "tags.test", "r.test"]);
    assert_eq!(
        hosts(&format!("r.test/x@{DIGEST}")),
        ["all.test", "digests.test", "r.test"]
    );
    assert_eq!(
        hosts(&format!("r.test/x:v1@{DIGEST}")),
        ["all.test", "digests.test", "r.test"]
    );
}

#[test]
fn mirror_by_digest_only_is_for_all_mirrors() {
    let config = parse(
        "[[registry]]\nlocation = \"r.test\"\nmirror-by-digest-only = true\n[[registry.mirror]]\nlocation = \"m.test\"\n\
         pull-from-mirror = \"\"\n",
    );
    assert_eq!(places(&config, "r.test/x:v1"), ["r.test/x:v1"]);
    let digest = format!("r.test/x@{DIGEST}");
    assert_eq!(places(&config, &digest), [format!("m.test/x@{DIGEST}"), digest]);
}

#[test]
fn docker_hub_has_library_where_no_namespace_is_given() {
    let config = parse("[[registry]]\nprefix = \"docker.io/library\"\nlocation = \"hub.test/official\"\n");
    assert_eq!(
        places(&config, "docker.io/alpine:3"),
        ["hub.test/official/alpine:3"]
    );
    assert_eq!(
        places(&config, "index.docker.io/alpine:3"),
        ["hub.test/official/alpine:3"]
    );
    assert_eq!(places(&config, "docker.io/team/app:3"), ["docker.io/team/app:3"]);
    assert_eq!(places(&config, "other.io/alpine:3"), ["other.io/alpine:3"]);
}

#[test]
fn a_blocked_registry_is_an_error_that_names_the_table() {
    let config = parse("\n[[registry]]\nlocation = \"old.test/x\"\nblocked = true\n");
    let error = config.resolve(&"old.test/x/y:v1".parse().unwrap()).unwrap_err();
    assert!(matches!(error, Error::Blocked { .. }));
    assert_eq!(
        error.to_string(),
        "old.test/x/y:v1 is blocked by the registry \"old.test/x\" of registries.conf:2"
    );
    assert!(config.resolve(&"old.test/y:v1".parse().unwrap()).is_ok());
}

#[test]
fn unknown_members_are_warnings_with_their_line() {
    let config = parse(
        "colour = 1\n[[registry]]\nlocation = \"r.test\"\nsecure = true\n[[registry.mirror]]\nlocation = \"m.test\"\nspeed = 3\n",
    );
    let warnings: Vec<_> = config.warnings().iter().map(ToString::to_string).collect();
    assert_eq!(
        warnings,
        [
            "registries.conf:1: unknown member \"colour\" is ignored",
            "registries.conf:4: unknown member \"registry.secure\" is ignored",
            "registries.conf:7: unknown member \"registry.mirror.speed\" is ignored",
        ]
    );
}

/// A file, and the error that it is.
const REFUSED: &[(&str, &str)] = &[
    ("a =", "registries.conf:1: "),
    ("\n\na = 1\na = 2", "registries.conf:4: "),
    (
        "[registries.search]\nregistries = ['a.test']",
        "registries.conf:1: version 1 of registries.conf is not supported",
    ),
    (
        "registry = 1",
        "registries.conf:1: registry: expected an array of tables, not integer",
    ),
    (
        "registry = [1]",
        "registries.conf:1: registry: expected an array of tables, not integer",
    ),
    (
        "\n[[registry]]\n",
        "registries.conf:2: registry: location is missing",
    ),
    (
        "[[registry]]\nprefix = 'a.test'",
        "registries.conf:1: registry: location is missing; only a prefix with a wildcard",
    ),
    (
        "[[registry]]\nlocation = 1",
        "registries.conf:2: location: expected a string, not integer",
    ),
    (
        "[[registry]]\nlocation = 'https://a.test'",
        "registries.conf:2: location: \"https://a.test\": a location has no scheme",
    ),
    (
        "[[registry]]\nlocation = '*.a.test'",
        "registries.conf:2: location: \"*.a.test\": a wildcard is allowed in a prefix only",
    ),
    (
        "[[registry]]\nlocation = 'a b'",
        "registries.conf:2: location: \"a b\": not a host",
    ),
    (
        "[[registry]]\nlocation = 'a b/c'",
        "registries.conf:2: location: \"a b/c\": does not begin with a host",
    ),
    (
        "[[registry]]\nlocation = 'a.test/../c'",
        "registries.conf:2: location: \"a.test/../c\": not a namespace",
    ),
    (
        "[[registry]]\nprefix = '*.a.test/x'\nlocation = 'b.test'",
        "registries.conf:2: prefix: \"*.a.test/x\": a wildcard is",
    ),
    (
        "[[registry]]\nprefix = '*.a.test:80'\nlocation = 'b.test'",
        "registries.conf:2: prefix: \"*.a.test:80\": a wildcard is",
    ),
    (
        "[[registry]]\nprefix = 'a.*.test'\nlocation = 'b.test'",
        "registries.conf:2: prefix: \"a.*.test\": a wildcard is",
    ),
    (
        "[[registry]]\nlocation = 'a.test'\ninsecure = 'yes'",
        "registries.conf:3: insecure: expected true or false, not string",
    ),
    (
        "[[registry]]\nlocation = 'a.test'\nblocked = 1",
        "registries.conf:3: blocked: expected true or false, not integer",
    ),
    (
        "[[registry]]\nlocation = 'a.test'\n[[registry]]\nlocation = 'a.test/'",
        "registries.conf:3: registry: the prefix \"a.test\" has",
    ),
    (
        "[[registry]]\nlocation = 'a.test'\n[[registry.mirror]]\n",
        "registries.conf:3: registry.mirror: location is missing",
    ),
    (
        "[[registry]]\nlocation = 'a.test'\n[[registry.mirror]]\nlocation = 'b.test'\npull-from-mirror = 'never'",
        "registries.conf:5: pull-from-mirror: expected all, digest-only or tag-only, not \"never\"",
    ),
    (
        "[[registry]]\nlocation = 'a.test'\nmirror-by-digest-only = true\n[[registry.mirror]]\nlocation = 'b.test'\n\
         pull-from-mirror = 'all'",
        "registries.conf:6: pull-from-mirror: not allowed where the registry has mirror-by-digest-only = true",
    ),
    (
        "unqualified-search-registries = 'a.test'",
        "registries.conf:1: unqualified-search-registries: expected an array of strings",
    ),
    (
        "unqualified-search-registries = [\n'a.test',\n1]",
        "registries.conf:3: unqualified-search-registries: expected a string",
    ),
    (
        "unqualified-search-registries = ['a.test/x']",
        "registries.conf:1: unqualified-search-registries: \"a.test/x\" is not",
    ),
    (
        "short-name-mode = 'strict'",
        "registries.conf:1: short-name-mode: expected enforcing, permissive or disabled",
    ),
    (
        "credential-helpers = 'pass'",
        "registries.conf:1: credential-helpers: expected an array of strings, not string",
    ),
    (
        "aliases = 1",
        "registries.conf:1: aliases: expected a table, not integer",
    ),
    (
        "[aliases]\na = 1",
        "registries.conf:2: aliases.\"a\": expected a string, not integer",
    ),
    (
        "[aliases]\n'a.test/b' = 'c.test/d'",
        "registries.conf:2: aliases.\"a.test/b\": an alias is a name without a registry",
    ),
    (
        "[aliases]\n'a:v1' = 'c.test/d'",
        "registries.conf:2: aliases.\"a:v1\": an alias is a name without a registry",
    ),
    (
        "[aliases]\na = 'd'",
        "registries.conf:2: aliases.\"a\": expected a registry and a repository",
    ),
    (
        "[aliases]\na = 'c/d'",
        "registries.conf:2: aliases.\"a\": expected a registry and a repository",
    ),
    (
        "[aliases]\na = 'c.test/d:v1'",
        "registries.conf:2: aliases.\"a\": expected a registry and a repository",
    ),
];

#[test]
fn what_is_refused_names_file_and_line() {
    for (text, expected) in REFUSED {
        let error = RegistriesConfig::parse("registries.conf", text).expect_err(text);
        assert!(error.to_string().starts_with(expected), "{text}\n{error}");
        assert!(error.origin().unwrap().line.is_some(), "{text}");
    }
}

#[test]
fn a_location_that_makes_no_reference_is_an_error() {
    let config = parse("[[registry]]\nprefix = \"a.test/x\"\nlocation = \"b.test\"\n");
    assert_eq!(places(&config, "a.test/x/y:v1"), ["b.test/y:v1"]);
    let error = config.resolve(&"a.test/x:v1".parse().unwrap()).unwrap_err();
    assert!(matches!(error, Error::Rewrite { .. }));
    assert_eq!(
        error.to_string(),
        "registries.conf:1: the location turns a.test/x:v1 into an invalid reference"
    );
}
