//! Warnings that a registry sends to its users.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use http::HeaderMap;
use http::header::WARNING;

/// Maximum number of bytes shown of a warning.
const MAX_BYTES: usize = 4096;

/// Maximum number of distinct warnings reported for one registry.
const MAX_WARNINGS: usize = 64;

/// A warning sent by a registry, or about one.
///
/// Spec: distribution-spec v1.1, "Warnings".
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Warning {
    /// The registry, as the caller named it.
    pub registry: String,
    /// The text, without control characters, or a description of a problem that did not affect the call.
    pub text: String,
}

impl Warning {
    pub(crate) fn log(&self) {
        tracing::warn!(registry = %self.registry, "{}", self.text);
    }
}

/// The warnings of a registry that were already reported.
#[derive(Debug, Default)]
pub(crate) struct Reported {
    texts: Mutex<HashSet<String>>,
}

impl Reported {
    /// The new warnings in `headers`, without those that quote a secret.
    pub(crate) fn new_in(&self, headers: &HeaderMap, is_secret: impl Fn(&str) -> bool) -> Vec<String> {
        let found = headers
            .get_all(WARNING)
            .into_iter()
            .filter_map(|value| text(value.as_bytes()))
            .filter(|text| !is_secret(text));
        let mut known = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        found
            .filter(|text| known.len() < MAX_WARNINGS && known.insert(text.clone()))
            .collect()
    }
}

/// The text of `299 agent "text"`. Other warnings are about caches.
fn text(value: &[u8]) -> Option<String> {
    let value = std::str::from_utf8(value).ok()?;
    let rest = value.strip_prefix("299 ")?.trim_start();
    let (_agent, quoted) = rest.split_once(' ')?;
    let quoted = quoted.trim_start().strip_prefix('"')?;
    let mut text = String::new();
    let mut characters = quoted.chars();
    loop {
        let character = match characters.next()? {
            '"' => return (!text.is_empty()).then_some(text),
            '\\' => characters.next()?,
            plain => plain,
        };
        if text.len() + character.len_utf8() > MAX_BYTES {
            return Some(text);
        }
        text.push(if character.is_control() { ' ' } else { character });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_miscellaneous_warnings_are_read() {
        assert_eq!(text(br#"299 - "old \"v1\" tags""#).unwrap(), r#"old "v1" tags"#);
        assert_eq!(text(br#"299 reg.example "x" "date""#).unwrap(), "x");
        assert_eq!(text("299 - \"a\u{9b}\\\u{9b}b\"".as_bytes()).unwrap(), "a  b");
        for other in [
            "110 - \"stale\"",
            "299 - \"\"",
            "299 -",
            "299 - \"open",
            "",
            "299",
        ] {
            assert_eq!(text(other.as_bytes()), None, "{other}");
        }
    }

    #[test]
    fn a_long_warning_is_cut() {
        let long = text(format!("299 - \"{}\"", "ü".repeat(3000)).as_bytes()).unwrap();
        assert_eq!(long, "ü".repeat(MAX_BYTES / 2));
    }

    #[test]
    fn each_warning_is_reported_once() {
        let mut headers = HeaderMap::new();
        headers.append(WARNING, http::HeaderValue::from_static("299 - \"a\""));
        headers.append(WARNING, http::HeaderValue::from_static("299 - \"b\""));
        let reported = Reported::default();
        assert_eq!(reported.new_in(&headers, |_| false), ["a", "b"]);
        assert!(reported.new_in(&headers, |_| false).is_empty());
    }
}
