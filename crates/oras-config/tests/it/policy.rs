//! `policy.json`: which scope counts, what it decides, and what is refused.

use oras_config::{Decision, Error, KeySource, Policy, Requirement, Scope, SignatureKind, SignedIdentity};

use crate::folders::Folders;

/// A digest of nothing in particular.
const DIGEST: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// The shape of the example in the manual page: all is rejected, but for what is named.
const LOCKED: &str = r#"{
    "default": [{"type": "reject"}],
    "transports": {
        "docker": {
            "docker.io/garden": [{"type": "insecureAcceptAnything"}],
            "docker.io/library/spade": [{"type": "insecureAcceptAnything"}],
            "*.seeds.garden.test": [{"type": "insecureAcceptAnything"}],
            "host.test:5000/ns/signed": [{"type": "sigstoreSigned", "keyPath": "/keys/cosign.pub"}],
            "host.test:5000/ns/any-tag": [
                {"type": "sigstoreSigned", "keyData": "AAAA", "signedIdentity": {"type": "matchRepository"}}
            ],
            "host.test:5000/ns/both": [
                {
                    "type": "signedBy", "keyType": "GPGKeys", "keyPaths": ["/keys/a.gpg", "/keys/b.gpg"],
                    "signedIdentity": {"type": "exactRepository", "dockerRepository": "vendor.test/a/b"}
                },
                {"type": "signedBy", "keyType": "GPGKeys", "keyPath": "/keys/c.gpg"}
            ],
            "host.test:5000/ns/never": [
                {"type": "signedBy", "keyType": "GPGKeys", "keyPath": "/keys/c.gpg"},
                {"type": "reject"}
            ],
            "host.test:5000/ns/fulcio": [{
                "type": "sigstoreSigned",
                "fulcio": {"caPath": "/keys/ca", "oidcIssuer": "https://id.test", "subjectEmail": "ann@garden.test"},
                "rekorPublicKeyPath": "/keys/rekor.pub"
            }]
        },
        "dir": {"": [{"type": "insecureAcceptAnything"}]},
        "atomic": {
            "mirror.test:5000/vendor": [{
                "type": "signedBy", "keyType": "GPGKeys", "keyData": "AAAA",
                "signedIdentity": {
                    "type": "remapIdentity", "prefix": "mirror.test:5000/vendor", "signedPrefix": "vendor.test"
                }
            }]
        }
    }
}"#;

fn parse(text: &str) -> Policy {
    Policy::parse("policy.json", text).unwrap()
}

fn needs(kind: SignatureKind) -> Decision {
    Decision::NeedsVerifier {
        kind,
        file: "policy.json".into(),
    }
}

#[test]
fn a_locked_policy_accepts_what_it_names() {
    let policy = parse(LOCKED);
    for (reference, decision) in [
        ("docker.io/garden/rake:v1", Decision::Accept),
        ("docker.io/spade:v1", Decision::Accept),
        ("docker.io/library/spade:v1", Decision::Accept),
        ("docker.io/library/hoe:v1", Decision::Reject),
        ("docker.io/gardener/rake:v1", Decision::Reject),
        ("a.b.seeds.garden.test:8443/x:v1", Decision::Accept),
        ("seeds.garden.test/x:v1", Decision::Reject),
        ("host.test:5000/ns/signed:v1", needs(SignatureKind::Sigstore)),
        ("host.test:5000/ns/both:v1", needs(SignatureKind::SignedBy)),
        ("host.test:5000/ns/never:v1", Decision::Reject),
        ("host.test/ns/signed:v1", Decision::Reject),
        ("mirror.test:5000/vendor/x:v1", Decision::Reject),
    ] {
        assert_eq!(
            policy.decide(&reference.parse().unwrap()).decision,
            decision,
            "{reference}"
        );
    }
}

#[test]
fn the_most_specific_scope_counts() {
    let scopes = [
        "r.a.test/x/y:v1",
        &format!("r.a.test/x/y@{DIGEST}"),
        "r.a.test/x/y",
        "r.a.test/x",
        "r.a.test",
        "*.a.test",
        "*.test",
        "",
    ];
    let reference = format!("r.a.test/x/y:v1@{DIGEST}").parse().unwrap();
    let expected = [1, 0, 2, 3, 4, 5, 6];
    for skipped in 0..expected.len() {
        let names = expected[skipped..].iter().map(|&index| scopes[index]).chain([""]);
        let members: Vec<_> = names
            .map(|name| format!("{name:?}: [{{\"type\": \"reject\"}}]"))
            .collect();
        let text = format!(
            "{{\"default\": [{{\"type\": \"reject\"}}], \"transports\": {{\"docker\": {{{}}}}}}}",
            members.join(", ")
        );
        let scope = parse(&text).decide(&reference).scope;
        assert_eq!(scope, Scope::Name(scopes[expected[skipped]].to_owned()));
    }
}

#[test]
fn the_default_of_the_transport_precedes_the_one_of_the_policy() {
    let reject = r#"{"default": [{"type": "reject"}], "transports": {"docker": {"": [{"type": "insecureAcceptAnything"}]}}}"#;
    let verdict = parse(reject).decide(&"r.test/x:v1".parse().unwrap());
    assert_eq!(
        (verdict.decision, verdict.scope),
        (Decision::Accept, Scope::Transport)
    );
    let verdict = parse(r#"{"default": [{"type": "reject"}]}"#).decide(&"r.test/x:v1".parse().unwrap());
    assert_eq!(
        (verdict.decision, verdict.scope),
        (Decision::Reject, Scope::Default)
    );
}

#[test]
fn requirements_are_kept_for_a_verifier() {
    let policy = parse(LOCKED);
    let signed = |name: &str| {
        let reference = format!("host.test:5000/ns/{name}:v1").parse().unwrap();
        match &policy.requirements(&reference).1[0] {
            Requirement::Signed(signed) => signed.as_ref().clone(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(
        signed("signed").keys,
        KeySource::Files(vec!["/keys/cosign.pub".into()])
    );
    assert_eq!(signed("signed").identity, SignedIdentity::MatchRepoDigestOrExact);
    assert_eq!(signed("any-tag").keys, KeySource::Data(vec!["AAAA".to_owned()]));
    assert_eq!(signed("any-tag").identity, SignedIdentity::MatchRepository);
    assert_eq!(
        signed("both").identity,
        SignedIdentity::ExactRepository("vendor.test/a/b".to_owned())
    );
    assert!(matches!(signed("fulcio").keys, KeySource::Fulcio { .. }));
    assert_eq!(
        signed("fulcio").rekor,
        Some(KeySource::Files(vec!["/keys/rekor.pub".into()]))
    );
}

/// What stands for a requirement, and what the error says.
const REFUSED: &[(&str, &str)] = &[
    (r#"{}"#, "missing field `type`"),
    (r#"{"type": "accept"}"#, "unknown requirement \"accept\""),
    (
        r#"{"type": "reject", "type": "reject"}"#,
        "duplicate field `type`",
    ),
    (r#"{"type": "reject", "why": ""}"#, "unknown field `why`"),
    (
        r#"{"type": "reject", "keyPath": "/k"}"#,
        "keyPath is no member of reject",
    ),
    (
        r#"{"type": "signedBy", "keyPath": "/k"}"#,
        "signedBy needs the keyType GPGKeys",
    ),
    (
        r#"{"type": "signedBy", "keyType": "X509", "keyPath": "/k"}"#,
        "signedBy needs the keyType GPGKeys",
    ),
    (
        r#"{"type": "signedBy", "keyType": "GPGKeys"}"#,
        "signedBy needs a key",
    ),
    (
        r#"{"type": "signedBy", "keyType": "GPGKeys", "keyPath": "/k", "keyData": "A"}"#,
        "more than one member says where",
    ),
    (
        r#"{"type": "signedBy", "keyType": "GPGKeys", "keyPaths": []}"#,
        "a list of keys is empty",
    ),
    (
        r#"{"type": "signedBy", "keyType": "GPGKeys", "keyDatas": ["A"]}"#,
        "keyDatas is no member of signedBy",
    ),
    (
        r#"{"type": "sigstoreSigned", "keyType": "GPGKeys", "keyPath": "/k"}"#,
        "keyType is no member of sigstoreSigned",
    ),
    (
        r#"{"type": "sigstoreSigned", "keyPath": 1}"#,
        "invalid type: integer",
    ),
    (
        r#"{"type": "sigstoreSigned", "fulcio": {"caPath": "/c", "oidcIssuer": "i", "subjectEmail": "e"}}"#,
        "fulcio needs a key of Rekor",
    ),
    (
        r#"{"type": "sigstoreSigned", "fulcio": {"oidcIssuer": "i", "subjectEmail": "e"}}"#,
        "fulcio needs caPath or caData",
    ),
    (
        r#"{"type": "sigstoreSigned", "keyPath": "/k", "signedIdentity": {"type": "x"}}"#,
        "unknown signedIdentity \"x\"",
    ),
    (
        r#"{"type": "sigstoreSigned", "keyPath": "/k", "signedIdentity": {"type": "exactReference"}}"#,
        "signedIdentity exactReference takes dockerReference alone",
    ),
    (
        r#"{"type": "sigstoreSigned", "keyPath": "/k", "signedIdentity": {"type": "matchExact", "prefix": "p"}}"#,
        "signedIdentity matchExact takes no member but type",
    ),
];

#[test]
fn requirements_that_are_not_understood_are_refused_by_line() {
    for (requirement, expected) in REFUSED {
        let text = format!("{{\n\"default\": [\n{requirement}\n]}}");
        let error = Policy::parse("policy.json", &text)
            .expect_err(requirement)
            .to_string();
        assert!(error.starts_with("policy.json:3: "), "{requirement}\n{error}");
        assert!(error.contains(expected), "{requirement}\n{error}");
    }
}

#[test]
fn documents_that_are_not_understood_are_refused_by_line() {
    let reject = r#"[{"type": "reject"}]"#;
    for (text, expected) in [
        ("{".to_owned(), "policy.json:1: EOF"),
        ("{}".to_owned(), "policy.json:1: missing field `default`"),
        (
            "{\"default\": []}".to_owned(),
            "policy.json:1: a list of requirements is empty",
        ),
        (
            format!("{{\"default\": {reject},\n\"defaults\": {reject}}}"),
            "policy.json:2: unknown field `defaults`",
        ),
        (
            format!("{{\"default\": {reject},\n\"default\": {reject}}}"),
            "policy.json:2: duplicate field `default`",
        ),
        (
            format!(
                "{{\"default\": {reject}, \"transports\": {{\"docker\": {{\"a\": {reject},\n\"a\": {reject}}}}}}}"
            ),
            "policy.json:2: \"a\" is given twice",
        ),
        (
            format!("{{\"default\": {reject}, \"transports\": {{\"dir\": {{}},\n\"dir\": {{}}}}}}"),
            "policy.json:2: \"dir\" is given twice",
        ),
        (
            format!(
                "{{\"default\": {reject}, \"transports\": {{\"dir\": {{\n\"/\": [{{\"type\": \"x\"}}]}}}}}}"
            ),
            "policy.json:2: unknown requirement \"x\"",
        ),
        (
            format!(
                "{{\"default\": {reject}, \"transports\": {{\"docker\": {{\n\"a*.b.test\": {reject}}}}}}}"
            ),
            "policy.json:2: the scope \"a*.b.test\" is neither a name nor *. and a domain",
        ),
        (
            format!(
                "{{\"default\": {reject}, \"transports\": {{\"docker\": {{\n\"*.b.test/x\": {reject}}}}}}}"
            ),
            "policy.json:2: the scope \"*.b.test/x\" is neither a name nor *. and a domain",
        ),
    ] {
        let error = Policy::parse("policy.json", &text).expect_err(&text);
        assert!(matches!(error, Error::Syntax { .. }));
        assert!(error.to_string().starts_with(expected), "{text}\n{error}");
    }
}

#[test]
fn the_policy_of_the_user_replaces_the_one_of_the_system() {
    let folders = Folders::new();
    assert_eq!(Policy::load(&folders.roots()).unwrap(), None);
    let folders = folders.with("etc/containers/policy.json", LOCKED);
    let file = |folders: &Folders| Policy::load(&folders.roots()).unwrap().unwrap().file().to_owned();
    assert_eq!(file(&folders), folders.path("etc/containers/policy.json"));
    let folders = folders.with("user/containers/policy.json", LOCKED);
    assert_eq!(file(&folders), folders.path("user/containers/policy.json"));
}
