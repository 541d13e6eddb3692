//! Proofs: every test that a document names must exist.

use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::cargo::root;

const DOCUMENTS: [&str; 3] = ["docs/security.md", "docs/reliability.md", "docs/parity.md"];

pub(crate) fn violations() -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    for document in DOCUMENTS {
        let text = std::fs::read_to_string(root().join(document));
        let text = text.with_context(|| format!("cannot read {document}"))?;
        let missing = named(&text).into_iter().filter(|proof| !exists(proof));
        found.extend(missing.map(|proof| format!("{document} names {proof}, which is no test")));
    }
    Ok(found)
}

/// Returns the names `crate::file::test` between backticks, with the crate as it is imported, without `oras_`. A name that
/// starts with `…::` has the crate and file of the previous one.
fn named(text: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for quoted in text.split('`').skip(1).step_by(2) {
        let parts: Vec<&str> = quoted.split("::").collect();
        match parts[..] {
            ["…", test] => {
                let before = names.last().and_then(|name| name.rsplit_once("::"));
                let place = before.map_or("", |(place, _)| place);
                names.push(format!("{place}::{test}"));
            }
            [package, file, test]
                if is_plain(package) && is_plain(file) && (is_plain(test) || test == "*") =>
            {
                names.push(quoted.to_owned());
            }
            _ => {}
        }
    }
    names
}

fn is_plain(word: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    !word.is_empty() && word.bytes().all(plain)
}

fn exists(proof: &str) -> bool {
    let [package, file, test] = proof.split("::").collect::<Vec<_>>()[..] else {
        return false;
    };
    let package = root()
        .join("crates")
        .join(format!("oras-{}", package.replace('_', "-")));
    let (tests, source) = (package.join("tests"), package.join("src"));
    let folders = [folders(&tests), folders(&source), vec![source]].concat();
    folders.iter().any(|folder| {
        let text = std::fs::read_to_string(folder.join(format!("{file}.rs")));
        text.is_ok_and(|text| test == "*" || text.contains(&format!("fn {test}(")))
    })
}

/// Returns the entries of a folder: of tests, the binaries `it` and others; of sources, the modules.
fn folders(parent: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(parent).into_iter().flatten();
    entries.flatten().map(|entry| entry.path()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_tests_are_told_from_other_code() {
        let text = "`a::b::c_d`, `…::e`, `Type::of::it`, `crates/x`, `a::b`, `a::b::*`";
        assert_eq!(named(text), ["a::b::c_d", "a::b::e", "a::b::*"]);
    }

    #[test]
    fn a_test_that_is_not_there_is_missed() {
        assert!(exists("pack::main::the_golden_manifest_of_image_spec_1_0"));
        assert!(exists("server_faults::scripts::every_effect_has_its_word"));
        assert!(exists("copy::baseline::a_copy_costs_what_its_bill_says"));
        assert!(exists("registry::page::values_are_escaped"));
        assert!(exists("registry::tag_schema::the_tag_is_made_of_the_digest"));
        assert!(!exists("pack::main::the_silver_manifest") && !exists("none::main::x"));
    }
}
