//! Error responses of a registry.

use std::fmt;

use http::{Method, StatusCode};
use serde::Deserialize;

/// Maximum number of bytes read from an error response.
pub(crate) const MAX_BYTES: usize = 64 * 1024;

/// Maximum number of characters shown of one text.
const MAX_SHOWN: usize = 300;

/// One entry of an error response.
///
/// Spec: distribution-spec v1.1, "Error Codes".
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ErrorDetail {
    /// The code, such as `MANIFEST_UNKNOWN`. May be empty.
    pub code: String,
    /// The message for people. May be empty.
    pub message: String,
    /// Further details, as JSON. May be empty.
    pub detail: String,
}

/// A response of the registry that reports an error.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ResponseError {
    /// The method of the request.
    pub method: Method,
    /// The URL of the request, without its query.
    pub url: String,
    /// The status of the response.
    pub status: StatusCode,
    /// The entries of the error response, if any.
    pub errors: Vec<ErrorDetail>,
}

impl ResponseError {
    pub(crate) fn read(method: Method, url: String, status: StatusCode, body: &[u8]) -> Self {
        Self {
            method,
            url,
            status,
            errors: details(body),
        }
    }

    /// Replaces texts that must not be shown.
    pub(crate) fn withhold(&mut self, is_secret: impl Fn(&str) -> bool) {
        let texts = self
            .errors
            .iter_mut()
            .flat_map(|error| [&mut error.code, &mut error.message, &mut error.detail]);
        for text in texts.filter(|text| is_secret(text)) {
            *text = "(withheld, as it repeats the credential)".to_owned();
        }
    }

    /// Returns `true` if one of the entries has this code.
    pub fn has_code(&self, code: &str) -> bool {
        self.errors.iter().any(|error| error.code == code)
    }
}

impl fmt::Display for ResponseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} answered {}", self.method, self.url, self.status)?;
        for error in &self.errors {
            write!(f, ": {error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ResponseError {}

impl fmt::Display for ErrorDetail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [&self.code, &self.message, &self.detail];
        let mut parts = parts.into_iter().filter(|part| !part.is_empty());
        if let Some(first) = parts.next() {
            f.write_str(first)?;
        }
        parts.try_for_each(|part| write!(f, ": {part}"))
    }
}

#[derive(Deserialize)]
struct Document {
    errors: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(default)]
    code: serde_json::Value,
    #[serde(default)]
    message: serde_json::Value,
    #[serde(default)]
    detail: serde_json::Value,
}

/// The entries of a body in the form of the specification. Empty for any other body.
fn details(body: &[u8]) -> Vec<ErrorDetail> {
    let Ok(document) = serde_json::from_slice::<Document>(body) else {
        return Vec::new();
    };
    let read = |entry: Entry| ErrorDetail {
        code: shown(&entry.code),
        message: shown(&entry.message),
        detail: shown(&entry.detail),
    };
    document.errors.into_iter().take(8).map(read).collect()
}

/// A single line of text for a JSON value of any type.
fn shown(value: &serde_json::Value) -> String {
    let text = match value {
        serde_json::Value::Null => String::new(),
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let plain = |character: char| if character.is_control() { ' ' } else { character };
    text.chars().take(MAX_SHOWN).map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> ResponseError {
        let url = "https://reg.example/v2/a/manifests/b".to_owned();
        ResponseError::read(Method::GET, url, StatusCode::NOT_FOUND, body.as_bytes())
    }

    #[test]
    fn code_message_and_detail_are_kept() {
        let error =
            read(r#"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"no\nsuch","detail":{"tag":"b"}}]}"#);
        assert!(error.has_code("MANIFEST_UNKNOWN"));
        assert_eq!(
            error.to_string(),
            "GET https://reg.example/v2/a/manifests/b answered 404 Not Found: \
             MANIFEST_UNKNOWN: no such: {\"tag\":\"b\"}"
        );
    }

    #[test]
    fn other_bodies_say_nothing() {
        for body in ["", "<html>", "{}", "{\"errors\":null}", "{\"errors\":[1]}"] {
            assert!(read(body).errors.is_empty(), "{body}");
        }
        let odd = read(r#"{"errors":[{"code":7},{}]}"#);
        assert_eq!(odd.errors[0].code, "7");
    }
}
