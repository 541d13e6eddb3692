//! Crate edges: which crate depends on which, against the table in `docs/architecture.md`.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;

use crate::cargo::{Metadata, root};

const TABLE: &str = "docs/architecture.md";

type Edges = BTreeMap<String, BTreeSet<String>>;

pub(crate) fn violations(metadata: &Metadata) -> anyhow::Result<Vec<String>> {
    let text = std::fs::read_to_string(root().join(TABLE)).with_context(|| format!("cannot read {TABLE}"))?;
    Ok(compare(&written(&text), &built(metadata)))
}

/// Returns the edges of the libraries and the program; `xtask` and the tests may depend on anything.
fn built(metadata: &Metadata) -> Edges {
    let crates = metadata
        .workspace()
        .filter(|package| package.name.starts_with("oras") && package.name != "oras-tests");
    crates
        .map(|package| {
            let own = package
                .dependencies
                .iter()
                .filter(|dependency| dependency.path.is_some());
            let used = own.filter(|dependency| dependency.kind.is_none());
            (
                package.name.clone(),
                used.map(|dependency| dependency.name.clone()).collect(),
            )
        })
        .collect()
}

/// Reads the rows `| crate | holds | may depend on | … |` of the table, with names in backticks.
fn written(text: &str) -> Edges {
    let rows = text.lines().filter_map(|line| {
        let mut cells = line.strip_prefix("| `")?.split('|');
        let name = cells.next()?.trim().strip_suffix('`')?;
        let depends = cells.nth(1)?;
        name.starts_with("oras")
            .then(|| (name.to_owned(), names(depends)))
    });
    rows.collect()
}

fn names(cell: &str) -> BTreeSet<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

fn compare(written: &Edges, built: &Edges) -> Vec<String> {
    let mut found = Vec::new();
    for name in written.keys().chain(built.keys()).collect::<BTreeSet<_>>() {
        match (written.get(name), built.get(name)) {
            (Some(_), None) => found.push(format!("{TABLE} has a row for {name}, which is no crate")),
            (None, _) => found.push(format!("{TABLE} has no row for {name}")),
            (Some(written), Some(built)) => {
                let more = built
                    .difference(written)
                    .map(|other| format!("{name} depends on {other}, which {TABLE} does not allow"));
                let less = written
                    .difference(built)
                    .map(|other| format!("{TABLE} lets {name} depend on {other}, but it does not"));
                found.extend(more.chain(less));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "| crate | holds | may depend on | must not know |\n|---|---|---|---|\n\
        | `oras-a` | things | – | files |\n| `oras-b` | more | `oras-a`, `oras-c` | `sockets` |\n";

    fn edges(of: &[(&str, &[&str])]) -> Edges {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        of.iter()
            .map(|(name, others)| ((*name).to_owned(), owned(others)))
            .collect()
    }

    #[test]
    fn the_table_is_read() {
        assert_eq!(
            written(TEXT),
            edges(&[("oras-a", &[]), ("oras-b", &["oras-a", "oras-c"])])
        );
    }

    #[test]
    fn every_difference_is_found() {
        let same = edges(&[("oras-a", &[]), ("oras-b", &["oras-a", "oras-c"])]);
        assert!(compare(&written(TEXT), &same).is_empty());
        let other = edges(&[("oras-a", &["oras-b"]), ("oras-b", &["oras-a"]), ("oras-d", &[])]);
        assert_eq!(compare(&written(TEXT), &other).len(), 3);
    }
}
