//! Responses, with the checks that cases make on them.

use std::fmt::Display;

use bytes::Bytes;
use hyper::header::HeaderMap;
use oras_content::Digest;
use serde_json::Value;

use crate::case::{Problem, Stop};
use crate::request::shorten;

/// Maximum length of the part of a body that is shown.
const SHOWN: usize = 300;
/// Headers that are shown if a response is wrong.
const TELLING: [&str; 9] = [
    "content-type",
    "content-length",
    "content-range",
    "range",
    "location",
    "link",
    "docker-content-digest",
    "etag",
    "www-authenticate",
];

/// A response, read to its end.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// The request, in readable form.
    pub(super) sent: String,
    /// The requested address, to resolve references in the response.
    pub(super) asked: hyper::Uri,
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// The reason why the body ended early, if it did.
    pub(super) broken: Option<String>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Returns all values of a header; values in one line are separated by commas.
    pub(crate) fn values(&self, name: &str) -> Vec<String> {
        let lines = self
            .headers
            .get_all(name)
            .iter()
            .filter_map(|value| value.to_str().ok());
        let values = lines
            .flat_map(|line| line.split(','))
            .map(|value| value.trim().to_owned());
        values.filter(|value| !value.is_empty()).collect()
    }

    /// Returns the failure of a case: this response is wrong.
    pub(crate) fn wrong(&self, wanted: impl Display) -> Stop {
        Stop::Fail(Problem {
            sent: self.sent.clone(),
            wanted: wanted.to_string(),
            got: self.shown(),
        })
    }

    /// Checks a condition on the response.
    pub(crate) fn check(&self, holds: bool, wanted: impl Display) -> Result<(), Stop> {
        match holds {
            true => Ok(()),
            false => Err(self.wrong(wanted)),
        }
    }

    /// Checks the status.
    pub(crate) fn expect(self, status: u16) -> Result<Self, Stop> {
        self.expect_any(&[status])
    }

    /// Checks that the status is one of these.
    pub(crate) fn expect_any(self, wanted: &[u16]) -> Result<Self, Stop> {
        if wanted.contains(&self.status) {
            return Ok(self);
        }
        let wanted: Vec<String> = wanted.iter().map(u16::to_string).collect();
        Err(self.wrong(format!("status {}", wanted.join(" or "))))
    }

    /// Checks that the status is a client error.
    pub(crate) fn expect_refusal(self) -> Result<Self, Stop> {
        let refused = (400..500).contains(&self.status);
        self.check(refused, "a status of 400 to 499")?;
        Ok(self)
    }

    /// Checks that the body is complete and is this one.
    pub(crate) fn expect_body(&self, wanted: &[u8]) -> Result<(), Stop> {
        self.check(self.broken.is_none(), "a body that ends where it should")?;
        self.check(
            self.body == wanted,
            format!("the {} bytes asked for", wanted.len()),
        )
    }

    /// Checks the announced length.
    pub(crate) fn expect_length(&self, wanted: usize) -> Result<(), Stop> {
        let right = self
            .header("content-length")
            .is_some_and(|length| length == wanted.to_string());
        self.check(right, format!("Content-Length: {wanted}"))
    }

    /// Checks a header.
    pub(crate) fn expect_header(&self, name: &str, wanted: &str) -> Result<(), Stop> {
        self.check(self.header(name) == Some(wanted), format!("{name}: {wanted}"))
    }

    /// Checks the media type, ignoring parameters and case.
    pub(crate) fn expect_type(&self, wanted: &str) -> Result<(), Stop> {
        let essence = self
            .header("content-type")
            .and_then(|value| value.split(';').next());
        let right = essence.is_some_and(|essence| essence.trim().eq_ignore_ascii_case(wanted));
        self.check(right, format!("content-type: {wanted}"))
    }

    /// Checks that the digest of the content is present and right.
    pub(crate) fn expect_digest(&self, wanted: &Digest) -> Result<(), Stop> {
        self.expect_header("docker-content-digest", wanted.as_str())
    }

    /// Checks that the digest of the content is right, if present.
    pub(crate) fn expect_no_other_digest(&self, wanted: &Digest) -> Result<(), Stop> {
        match self.header("docker-content-digest") {
            Some(_) => self.expect_digest(wanted),
            None => Ok(()),
        }
    }

    /// Parses the body as JSON.
    pub(crate) fn json(&self) -> Result<Value, Stop> {
        serde_json::from_slice(&self.body).map_err(|error| self.wrong(format!("a JSON document ({error})")))
    }

    /// Returns the absolute address in `Location`.
    ///
    /// Spec: RFC 9110, section 10.2.2: it may be relative.
    pub(crate) fn location(&self) -> Result<String, Stop> {
        let location = self
            .header("location")
            .ok_or_else(|| self.wrong("a Location header"))?;
        self.resolve(location)
            .ok_or_else(|| self.wrong("a Location that is an address or a path"))
    }

    /// Resolves a reference in the response.
    pub(crate) fn resolve(&self, reference: &str) -> Option<String> {
        if reference.starts_with("http://") || reference.starts_with("https://") {
            return Some(reference.to_owned());
        }
        let (scheme, authority) = (self.asked.scheme_str()?, self.asked.authority()?);
        if let Some(rest) = reference.strip_prefix("//") {
            return Some(format!("{scheme}://{rest}"));
        }
        if reference.starts_with('/') {
            return Some(format!("{scheme}://{authority}{reference}"));
        }
        let folder = self.asked.path().rsplit_once('/')?.0;
        Some(format!("{scheme}://{authority}{folder}/{reference}"))
    }

    /// Returns the code of an error document.
    pub(crate) fn code(&self) -> Result<String, Stop> {
        let document = self.json()?;
        let code = document["errors"][0]["code"].as_str();
        code.map(str::to_owned)
            .ok_or_else(|| self.wrong("an error document with a code"))
    }

    /// Checks the status and the code of an error.
    pub(crate) fn expect_error(self, statuses: &[u16], code: &str) -> Result<Self, Stop> {
        let answer = self.expect_any(statuses)?;
        let found = answer.code()?;
        answer.check(found == code, format!("the code {code}"))?;
        Ok(answer)
    }

    /// Formats the response for people.
    fn shown(&self) -> String {
        let mut text = format!("status {}", self.status);
        for name in TELLING {
            for value in self.headers.get_all(name) {
                text.push_str(&format!(
                    ", {name}: {}",
                    shorten(&String::from_utf8_lossy(value.as_bytes()))
                ));
            }
        }
        if let Some(broken) = &self.broken {
            text.push_str(&format!(
                ", a body that broke off after {} bytes ({broken})",
                self.body.len()
            ));
        }
        if !self.body.is_empty() {
            text.push_str(&format!(", {}", excerpt(&self.body)));
        }
        text
    }
}

/// Returns the start of a body: only the length of binary bodies, and no credentials.
fn excerpt(body: &[u8]) -> String {
    let start = &body[..body.len().min(SHOWN)];
    let secret = ["token\"", "password\""];
    match std::str::from_utf8(start) {
        Ok(text) if secret.iter().any(|word| text.contains(word)) => "a document with a secret".to_owned(),
        Ok(text) => text.trim().chars().filter(|c| !c.is_control()).collect(),
        Err(_) => format!("{} bytes", body.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::excerpt;

    #[test]
    fn a_token_is_not_shown() {
        assert_eq!(excerpt(br#"{"errors":[]}"#), r#"{"errors":[]}"#);
        for secret in [r#"{"token":"planted"}"#, r#"{"refresh_token": "planted"}"#] {
            assert!(!excerpt(secret.as_bytes()).contains("planted"));
        }
        assert_eq!(excerpt(&[0xff; 400]), "400 bytes");
    }
}
