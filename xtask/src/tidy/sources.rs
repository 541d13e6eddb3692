//! Source files: each starts with a line that says what it holds, and has no leftover notes.

use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::cargo::root;

const FOLDERS: [&str; 3] = ["crates", "tests", "xtask"];

pub(crate) fn violations() -> anyhow::Result<Vec<String>> {
    let mut files = Vec::new();
    for folder in FOLDERS {
        collect(&root().join(folder), &mut files)?;
    }
    let mut found = Vec::new();
    for file in files {
        let text =
            std::fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        let name = file.strip_prefix(root()).unwrap_or(&file).display().to_string();
        found.extend(faults(&text).into_iter().map(|fault| format!("{name} {fault}")));
    }
    Ok(found)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() && path.file_name().is_none_or(|name| name != "target") {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(())
}

fn faults(text: &str) -> Vec<&'static str> {
    // Split in two, so that this file does not find itself.
    let marker = concat!("TO", "DO");
    let mut found = Vec::new();
    if !text.starts_with("//! ") {
        found.push("does not start with a line that says what it holds");
    }
    if text.contains(marker) || text.contains(concat!("FIX", "ME")) || text.contains(concat!("todo", "!(")) {
        found.push("has something left to do");
    }
    found
}

#[cfg(test)]
mod tests {
    use super::faults;

    #[test]
    fn a_file_says_what_it_holds() {
        assert!(faults("//! A noun.\n").is_empty());
        assert_eq!(faults("use std::fmt;\n").len(), 1);
        assert_eq!(faults(concat!("//! A noun.\n// TO", "DO\n")).len(), 1);
    }
}
