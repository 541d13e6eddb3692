//! Everything in a folder as lines, to be compared.

use std::fs;
use std::path::Path;

/// Path, kind, permissions and content of everything in `dir`, sorted.
pub(crate) fn tree(dir: &Path) -> Vec<String> {
    let mut lines = Vec::new();
    let mut next = vec![dir.to_owned()];
    while let Some(at) = next.pop() {
        for entry in fs::read_dir(&at).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(dir).unwrap().display().to_string();
            let found = fs::symlink_metadata(&path).unwrap();
            if found.is_dir() {
                lines.push(format!("{name}/ {}", mode(&found)));
                next.push(path);
            } else if found.is_symlink() {
                lines.push(format!("{name} -> {}", fs::read_link(&path).unwrap().display()));
            } else {
                let content = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
                lines.push(format!("{name} {} {content:?}", mode(&found)));
            }
        }
    }
    lines.sort_unstable();
    lines
}

#[cfg(unix)]
fn mode(found: &fs::Metadata) -> String {
    format!("{:04o}", std::os::unix::fs::MetadataExt::mode(found) & 0o7777)
}

#[cfg(not(unix))]
fn mode(_found: &fs::Metadata) -> String {
    String::new()
}
