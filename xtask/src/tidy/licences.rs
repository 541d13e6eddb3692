//! Licences of all linked crates, compared with those that `deny.toml` allows.

use anyhow::Context;

use crate::cargo::{Metadata, root};

const ALLOWED_IN: &str = "deny.toml";

pub(crate) fn violations(metadata: &Metadata) -> anyhow::Result<Vec<String>> {
    let text = std::fs::read_to_string(root().join(ALLOWED_IN))
        .with_context(|| format!("cannot read {ALLOWED_IN}"))?;
    let allowed = allowed(&text);
    let mut found = Vec::new();
    for package in &metadata.packages {
        let licence = package.license.as_deref().unwrap_or("none");
        if !is_allowed(licence, &allowed) {
            found.push(format!(
                "the licence of {} is {licence}, which {ALLOWED_IN} does not allow",
                package.name
            ));
        }
    }
    if !root().join("LICENSE").is_file() {
        found.push("LICENSE is missing".to_owned());
    }
    Ok(found)
}

/// Returns the strings of the list `allow = […]`.
fn allowed(text: &str) -> Vec<&str> {
    let list = text
        .split_once("allow = [")
        .and_then(|(_, rest)| rest.split_once(']'));
    list.map_or_else(Vec::new, |(list, _)| list.split('"').skip(1).step_by(2).collect())
}

/// Whether the allowed names satisfy an expression of names, `AND`, `OR` (also as `/`) and parentheses.
fn is_allowed(expression: &str, allowed: &[&str]) -> bool {
    let spaced = expression
        .replace('/', " OR ")
        .replace('(', " ( ")
        .replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = &words[..];
    let met = alternatives(&mut rest, allowed);
    met && rest.is_empty()
}

fn alternatives(rest: &mut &[&str], allowed: &[&str]) -> bool {
    let mut met = conjunction(rest, allowed);
    while rest.first() == Some(&"OR") {
        *rest = &rest[1..];
        met |= conjunction(rest, allowed);
    }
    met
}

fn conjunction(rest: &mut &[&str], allowed: &[&str]) -> bool {
    let mut met = name(rest, allowed);
    while rest.first() == Some(&"AND") {
        *rest = &rest[1..];
        met &= name(rest, allowed);
    }
    met
}

fn name(rest: &mut &[&str], allowed: &[&str]) -> bool {
    let Some((first, after)) = rest.split_first() else {
        return false;
    };
    *rest = after;
    if *first == "(" {
        let met = alternatives(rest, allowed);
        *rest = rest.get(1..).unwrap_or_default();
        return met;
    }
    let mut whole = (*first).to_owned();
    if let [with, exception, ..] = *rest
        && *with == "WITH"
    {
        whole = format!("{whole} WITH {exception}");
        *rest = &rest[2..];
    }
    allowed.contains(&whole.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_weighed() {
        let allowed = ["MIT", "Apache-2.0", "ISC"];
        for good in [
            "MIT",
            "GPL-3.0 OR MIT",
            "MIT/Apache-2.0",
            "(MIT OR GPL-3.0) AND ISC",
        ] {
            assert!(is_allowed(good, &allowed), "{good}");
        }
        for bad in [
            "none",
            "",
            "GPL-3.0",
            "MIT AND GPL-3.0",
            "Apache-2.0 WITH LLVM-exception",
            "MIT ISC",
        ] {
            assert!(!is_allowed(bad, &allowed), "{bad}");
        }
    }

    #[test]
    fn the_list_is_read() {
        assert_eq!(
            allowed("[licenses]\nallow = [\n  \"MIT\",\n  \"ISC\",\n]\n"),
            ["MIT", "ISC"]
        );
    }
}
