//! Fuzz targets, which panic if an invariant does not hold. They are not part of the API.

use std::str::from_utf8;

use oras_content::Reference;

use crate::{Decision, Policy, RegistriesConfig, Requirement};

/// The references to resolve.
const REFERENCES: [&str; 6] = [
    "a.test/x:v1",
    "a.test:5000/x/y",
    "b.a.test/x@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "docker.io/x",
    "docker.io/x/y:v1",
    "index.docker.io/library/x",
];

fn references() -> impl Iterator<Item = Reference> {
    REFERENCES
        .into_iter()
        .map(|text| text.parse().expect("these are references"))
}

/// Parses a `registries.conf`.
pub fn registries_conf(bytes: &[u8]) {
    let Ok(Ok(config)) = from_utf8(bytes).map(|text| RegistriesConfig::parse("registries.conf", text)) else {
        return;
    };
    for reference in references() {
        let (some, all) = (config.resolve(&reference), config.resolve_all(&reference));
        assert_eq!(some.is_ok(), all.is_ok(), "{reference}");
        let (Ok(some), Ok(all)) = (some, all) else {
            continue;
        };
        for plan in [&some, &all] {
            let (own, mirrors) = plan.endpoints.split_last().expect("the registry itself is one");
            assert!(!own.is_mirror && mirrors.iter().all(|mirror| mirror.is_mirror));
        }
        assert!(some.endpoints.iter().all(|place| all.endpoints.contains(place)));
    }
    for name in ["x", "x:v1", "x/y"] {
        if let Ok((reference, alias)) = config.expand(name) {
            let alias = alias.expect("it is no reference by itself");
            assert_eq!(reference.repository(), alias.target.repository());
        }
    }
}

/// Parses a `policy.json`.
pub fn policy_json(bytes: &[u8]) {
    let Ok(Ok(policy)) = from_utf8(bytes).map(|text| Policy::parse("policy.json", text)) else {
        return;
    };
    for reference in references() {
        let (scope, requirements) = policy.requirements(&reference);
        let verdict = policy.decide(&reference);
        assert_eq!(verdict.scope, scope);
        let is_open = requirements
            .iter()
            .all(|requirement| *requirement == Requirement::InsecureAcceptAnything);
        assert!(!requirements.is_empty());
        assert_eq!(verdict.decision == Decision::Accept, is_open, "{reference}");
        let rejects = requirements.contains(&Requirement::Reject);
        assert_eq!(verdict.decision == Decision::Reject, rejects, "{reference}");
    }
}
