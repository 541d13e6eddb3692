//! Titles: file names chosen by others.

use std::path::PathBuf;

use oras_content::{Error, ErrorKind, Result};
use oras_fs::is_temporary;

/// Upper bounds in bytes on a title and on each of its components.
const MAX_LEN: usize = 4096;
const MAX_COMPONENT: usize = 255;
const ITSELF: &str = "it names the folder, not a file in it";
const RESERVED: [&str; 6] = ["con", "prn", "aux", "nul", "conin$", "conout$"];

/// A title that is a valid file name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Title {
    text: String,
    place: Within,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Within {
    /// Parent folders, starting from the store's, and the file name.
    Folder(Vec<String>, String),
    /// The store's folder itself, which only an archive can be unpacked to.
    Itself,
    Anywhere(PathBuf),
}

impl Title {
    /// Parses and checks `text`. Titles that point outside the folder are rejected unless allowed.
    pub(crate) fn parse(text: &str, allow_path_traversal: bool) -> Result<Self> {
        let cleaned = clean(text);
        let checked = match text.is_empty() {
            true => Err("it names no file"),
            false => components(&cleaned, cfg!(windows)),
        };
        let place = match checked {
            Ok((dirs, file)) => Within::Folder(dirs, file),
            Err(_) if cleaned == "." && !text.is_empty() => Within::Itself,
            Err(_) if allow_path_traversal && !text.contains('\0') => {
                Within::Anywhere(cleaned.clone().into())
            }
            Err(reason) => {
                let kind = match leads_out(&cleaned, cfg!(windows)) {
                    true => ErrorKind::PathTraversal,
                    false => ErrorKind::Refused,
                };
                return Err(Error::new(kind, format!("the file name {text:?}")).with_source(reason));
            }
        };
        Ok(Self { text: cleaned, place })
    }

    /// Returns the cleaned title.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Returns the path of the file relative to the store's folder.
    pub(crate) fn path(&self) -> PathBuf {
        match &self.place {
            Within::Folder(dirs, file) => dirs.iter().chain([file]).collect(),
            Within::Itself => ".".into(),
            Within::Anywhere(path) => path.clone(),
        }
    }

    /// Returns the parent folders and the file name, unless the title is unrestricted.
    pub(crate) fn components(&self) -> Option<(&[String], &str)> {
        match &self.place {
            Within::Folder(dirs, file) => Some((dirs, file)),
            Within::Itself | Within::Anywhere(_) => None,
        }
    }

    /// Whether this is the store's folder itself.
    pub(crate) fn is_root(&self) -> bool {
        self.place == Within::Itself
    }

    /// Checks that the title can name a file.
    pub(crate) fn check_file(&self) -> Result<()> {
        match self.is_root() {
            true => Err(Error::refused(format!("the file name {:?}", self.text), ITSELF)),
            false => Ok(()),
        }
    }

    /// Returns a key that is equal for titles of the same file.
    pub(crate) fn key(&self) -> String {
        let path = self.path().to_string_lossy().into_owned();
        // On these systems, names that differ only in case are the same file.
        if cfg!(any(windows, target_os = "macos")) {
            return path.to_lowercase();
        }
        path
    }
}

/// Normalises a path without resolving links.
fn clean(text: &str) -> String {
    let root = if text.starts_with('/') { "/" } else { "" };
    let mut kept: Vec<&str> = Vec::new();
    for part in text.split('/') {
        match (part, kept.last()) {
            ("" | ".", _) => {}
            ("..", None) if !root.is_empty() => {}
            ("..", Some(last)) if *last != ".." => drop(kept.pop()),
            _ => kept.push(part),
        }
    }
    match (kept.is_empty(), root) {
        (true, "") => ".".to_owned(),
        _ => format!("{root}{}", kept.join("/")),
    }
}

fn components(text: &str, windows: bool) -> Result<(Vec<String>, String), &'static str> {
    if text.len() > MAX_LEN {
        return Err("it is longer than 4096 bytes");
    }
    if text.chars().any(char::is_control) {
        return Err("it has a control character");
    }
    if text.starts_with('/') || (windows && has_drive(text)) {
        return Err("it is absolute, and must stay within the folder");
    }
    if text.contains('\\') {
        return Err("it has a backslash, which is a separator on some systems");
    }
    let mut found = Vec::new();
    for component in text.split('/') {
        check_component(component, windows)?;
        found.push(component.to_owned());
    }
    let file = found.pop().ok_or("it names no file")?;
    Ok((found, file))
}

/// Whether a cleaned title points outside the folder.
fn leads_out(text: &str, windows: bool) -> bool {
    let is_absolute = text.starts_with('/') || (windows && has_drive(text));
    is_absolute || text.split('/').next() == Some("..")
}

fn has_drive(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.first().is_some_and(u8::is_ascii_alphabetic) && bytes.get(1) == Some(&b':')
}

fn check_component(name: &str, windows: bool) -> Result<(), &'static str> {
    match name {
        "" => return Err("it names no file"),
        "." => return Err(ITSELF),
        ".." => return Err("it leads out of the folder with \"..\""),
        _ if name.len() > MAX_COMPONENT => return Err("a part of it is longer than 255 bytes"),
        _ if is_temporary(name.as_bytes()) => {
            return Err("the name is reserved for temporary files");
        }
        _ => {}
    }
    if windows {
        return check_windows(name);
    }
    Ok(())
}

fn check_windows(name: &str) -> Result<(), &'static str> {
    if name.contains([':', '<', '>', '"', '|', '?', '*']) {
        return Err("it has a character that names cannot have on Windows");
    }
    if name.ends_with(['.', ' ']) {
        return Err("a part of it ends with a dot or a space, which Windows drops");
    }
    let stem = name
        .split('.')
        .next()
        .unwrap_or_default()
        .trim_end()
        .to_lowercase();
    let is_port = |prefix: &str| {
        let number = stem
            .strip_prefix(prefix)
            .map(|rest| rest.chars().collect::<Vec<_>>());
        matches!(number.as_deref(), Some(['0'..='9' | '¹' | '²' | '³']))
    };
    if RESERVED.contains(&stem.as_str()) || is_port("com") || is_port("lpt") {
        return Err("it is the name of a device on Windows");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Title, components};

    #[test]
    fn names_within_the_folder_are_allowed() {
        for (text, path) in [
            ("a", "a"),
            ("a/b.txt", "a/b.txt"),
            ("./a/./b", "a/b"),
            ("./d/../d/g", "d/g"),
            ("a/../b", "b"),
            ("a//b", "a/b"),
            ("a/", "a"),
            ("a:b", "a:b"),
            ("C:x", "C:x"),
            ("...", "..."),
            ("ü", "ü"),
        ] {
            assert_eq!(Title::parse(text, false).unwrap().path().to_str(), Some(path));
        }
    }

    #[test]
    fn other_names_are_refused() {
        let long = "x".repeat(256);
        let names = [
            "",
            "/",
            "/a",
            "..",
            "../a",
            "a/../../b",
            "a\\b",
            "a\0b",
            "a\nb",
            ".oras-tmp-x",
            ".oras-part-x",
            &long,
        ];
        for name in names {
            assert!(Title::parse(name, false).is_err(), "{name:?}");
        }
        assert!(Title::parse(&"a/".repeat(3000), false).is_err());
    }

    #[test]
    fn the_folder_itself_is_no_file() {
        for name in [".", "./", "a/.."] {
            for traversal in [false, true] {
                let title = Title::parse(name, traversal).unwrap();
                assert!(title.is_root() && title.check_file().is_err(), "{name:?}");
            }
        }
        assert!(!Title::parse("a", false).unwrap().is_root());
    }

    #[test]
    fn traversal_can_be_allowed() {
        assert_eq!(Title::parse("../a", true).unwrap().path().to_str(), Some("../a"));
        assert!(Title::parse("a\0", true).is_err());
    }

    #[test]
    fn devices_and_streams_are_refused_on_windows() {
        for name in ["C:x", "c:/x"] {
            assert!(components(name, true).is_err(), "{name:?}");
        }
        for name in [
            "CON", "nul.txt", "COM¹", "lpt1.log", "a.txt:s", "x.", "x ", "aux .c", "a/prn/b",
        ] {
            assert!(components(name, true).is_err(), "{name:?}");
            assert!(components(name, false).is_ok(), "{name:?}");
        }
        for name in ["console", "com10", "common", "nullable.txt"] {
            assert!(components(name, true).is_ok(), "{name:?}");
        }
    }
}
