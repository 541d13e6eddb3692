//! Weight: the number of crates in a pull, and builds without TLS or without AWS-LC.

use std::collections::BTreeSet;

use crate::cargo;

/// The crates of a pull from a registry into an image layout.
const PULL_PATH: [&str; 6] = [
    "oras-auth",
    "oras-content",
    "oras-copy",
    "oras-layout",
    "oras-registry",
    "oras-transport",
];

/// The limit in `docs/architecture.md`: a pull takes fewer crates than this, ours among them.
const BUDGET: usize = 90;

pub(crate) fn violations() -> anyhow::Result<Vec<String>> {
    let arguments: Vec<&str> = PULL_PATH.iter().flat_map(|name| ["-p", *name]).collect();
    let mut found: Vec<String> = over_budget(&tree(&arguments)?).into_iter().collect();
    found.extend(tls_in(&tree(&["-p", "oras", "--no-default-features"])?));
    for package in ["oras", "oras-cli"] {
        found.extend(aws_lc_in(package, &tree(&["-p", package])?));
    }
    let without_ring = ["-p", "oras", "--no-default-features", "--features", "aws-lc-rs"];
    found.extend(ring_in(&tree(&without_ring)?));
    Ok(found)
}

/// Returns one line per crate of a build for a fixed target, so that the count is the same everywhere.
fn tree(arguments: &[&str]) -> anyhow::Result<String> {
    let mut all = vec!["tree", "--edges", "normal", "--prefix", "none"];
    all.extend(["--target", "x86_64-unknown-linux-gnu"]);
    all.extend(arguments);
    Ok(String::from_utf8_lossy(&cargo::output(&all)?).into_owned())
}

fn over_budget(tree: &str) -> Option<String> {
    let count = crates(tree).len();
    (count >= BUDGET).then(|| format!("a pull path takes {count} crates, the budget is fewer than {BUDGET}"))
}

fn tls_in(tree: &str) -> Vec<String> {
    let names = crates(tree).into_iter().map(|(name, _)| name);
    names
        .filter(|name| *name == "ring" || name.starts_with("aws-lc") || name.contains("rustls"))
        .map(|name| format!("oras without default features depends on {name}"))
        .collect()
}

fn aws_lc_in(package: &str, tree: &str) -> Option<String> {
    let mut names = crates(tree).into_iter().map(|(name, _)| name);
    let name = names.find(|name| name.starts_with("aws-lc"))?;
    Some(format!("{package} with its default features depends on {name}"))
}

fn ring_in(tree: &str) -> Option<String> {
    let mut names = crates(tree).into_iter().map(|(name, _)| name);
    let name = names.find(|name| *name == "ring")?;
    Some(format!("oras with the feature aws-lc-rs alone depends on {name}"))
}

/// Returns the names and versions in lines like `name v1.0.0 (proc-macro) (*)`.
fn crates(tree: &str) -> BTreeSet<(&str, &str)> {
    let lines = tree.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        Some((words.next()?, words.next()?))
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_counts_once_for_each_version() {
        let tree = "a v0.1.0 (/somewhere/a)\nb v1.0.0 (proc-macro)\nb v1.0.0 (proc-macro) (*)\n\nb v2.0.0\n";
        let expected = [("a", "v0.1.0"), ("b", "v1.0.0"), ("b", "v2.0.0")];
        assert_eq!(crates(tree), BTreeSet::from(expected));
    }

    #[test]
    fn the_budget_is_the_first_count_that_is_too_many() {
        let tree = |count| {
            (0..count)
                .map(|index| format!("c{index} v1.0.0\n"))
                .collect::<String>()
        };
        assert_eq!(over_budget(&tree(BUDGET - 1)), None);
        assert!(over_budget(&tree(BUDGET)).is_some());
    }

    #[test]
    fn tls_is_found_by_its_crates() {
        let tree = "oras v0.1.0 (/somewhere)\nstring v1.0.0\n";
        assert!(tls_in(tree).is_empty());
        let more = format!("{tree}hyper-rustls v0.27.10\nring v0.17.14\n");
        assert_eq!(tls_in(&more).len(), 2);
        assert!(ring_in(tree).is_none() && ring_in(&more).is_some());
    }

    #[test]
    fn aws_lc_is_found_by_its_crates() {
        let tree = "oras v0.1.0 (/somewhere)\nring v0.17.14\n";
        assert!(aws_lc_in("oras", tree).is_none());
        let more = format!("{tree}aws-lc-rs v1.19.0\n");
        assert!(aws_lc_in("oras", &more).is_some());
    }
}
