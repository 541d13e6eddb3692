//! No input ends the program.

use oras_config::{HostCerts, Lookasides, Policy, RegistriesConfig, Roots};
use proptest::prelude::*;

/// Pieces of both formats, so that more than the first byte is parsed.
fn pieces(choice: &'static [&'static str]) -> impl Strategy<Value = String> {
    let piece = prop_oneof![prop::sample::select(choice).prop_map(str::to_owned), ".{0,4}"];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

const TOML: &[&str] = &[
    "[[registry]]\n",
    "[[registry.mirror]]\n",
    "prefix = ",
    "location = ",
    "\"a.test\"\n",
    "\"*.a.test\"\n",
    "\"a.test/x\"\n",
    "insecure = true\n",
    "blocked = true\n",
    "mirror-by-digest-only = true\n",
    "pull-from-mirror = \"tag-only\"\n",
    "[aliases]\n",
    "\"é\" = \"\"\n",
    "x = \"a.test/x\"\n",
    "unqualified-search-registries = [\"a.test\"]\n",
    "\"\"\n",
    "é",
    "\"docker.io\"\n",
];

const JSON: &[&str] = &[
    "{\"default\":[{\"type\":\"reject\"}]",
    "}",
    "{",
    "[",
    "]",
    ",",
    ":",
    "\"transports\":{\"docker\":{",
    "\"*.a.test\"",
    "\"\"",
    "{\"type\":\"signedBy\"",
    "\"keyPath\":\"/k\"",
    "é",
    "\"type\":",
];

const YAML: &[&str] = &[
    "docker:",
    "default-docker:",
    "\n",
    "\n  ",
    "\n    ",
    "a.test:",
    "'*.a.test':",
    " lookaside: https://x",
    "use-sigstore-attachments: true",
    "{",
    "}",
    "- ",
    "? ",
    "&a ",
    "*a",
    "<<: ",
    "---\n",
    "|\n",
    "\"",
    "é",
];

const NAMES: &[&str] = &[
    "a.test",
    "docker.io",
    "/",
    "x",
    "a.a.test",
    ":",
    "v1",
    "@",
    "..",
    "[::1]",
    "é",
    "index.docker.io/",
];

proptest! {
    #[test]
    fn registries_conf_never_panics(text in pieces(TOML), name in pieces(NAMES)) {
        if let Ok(config) = RegistriesConfig::parse("registries.conf", &text) {
            for name in [name.as_str(), "a.test/x:v1", "b.a.test/x", "docker.io/x", "x"] {
                let expanded = config.expand(name).map(|(reference, _)| reference);
                let _ = expanded.map(|reference| config.resolve(&reference).map(|plan| plan.endpoints.len()));
            }
        }
    }

    #[test]
    fn policy_json_never_panics(text in pieces(JSON), name in pieces(NAMES)) {
        if let (Ok(policy), Ok(reference)) = (Policy::parse("policy.json", &text), name.parse()) {
            let _ = policy.decide(&reference).decision;
        }
    }

    #[test]
    fn registries_d_never_panics(text in pieces(YAML), name in pieces(NAMES)) {
        if let (Ok(lookasides), Ok(reference)) = (Lookasides::parse("a.yaml", &text), name.parse()) {
            let _ = lookasides.find(&reference).read;
        }
    }

    #[test]
    fn no_host_leads_out_of_its_folder(host in pieces(NAMES)) {
        let etc = std::env::temp_dir().join("oras-config-has-no-such-folder");
        if let Ok(certs) = HostCerts::find(&Roots::new(etc), &host) {
            prop_assert_eq!(certs, HostCerts::default());
        }
    }
}
