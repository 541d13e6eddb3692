//! Logins: answering challenges.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// A name and its password.
#[derive(Clone)]
pub struct Login {
    name: String,
    password: String,
}

impl Login {
    /// Creates a login.
    pub fn new(name: impl Into<String>, password: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            password: password.into(),
        }
    }

    /// Returns the same name with a wrong password.
    pub(crate) fn with_wrong_password(&self) -> Self {
        Self::new(&self.name, format!("not {}", self.password))
    }

    /// Returns the value of an `Authorization` header.
    pub(crate) fn basic(&self) -> String {
        format!(
            "Basic {}",
            STANDARD.encode(format!("{}:{}", self.name, self.password))
        )
    }

    /// Returns the form fields of a token request.
    pub(crate) fn form(&self) -> [(&'static str, &str); 3] {
        [
            ("grant_type", "password"),
            ("username", &self.name),
            ("password", &self.password),
        ]
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Login")
    }
}

/// One challenge of a `WWW-Authenticate` header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Challenge {
    /// In lower case.
    pub(crate) scheme: String,
    parameters: Vec<(String, String)>,
}

impl Challenge {
    /// Parses all challenges of a header.
    ///
    /// Spec: RFC 9110, section 11.6.1.
    pub(crate) fn parse_all(header: &str) -> Vec<Self> {
        let mut found: Vec<Self> = Vec::new();
        for part in split(header) {
            let (first, rest) = part.split_once(' ').unwrap_or((part, ""));
            let starts_scheme = !first.contains('=') && !first.is_empty();
            if starts_scheme {
                found.push(Self {
                    scheme: first.to_ascii_lowercase(),
                    parameters: Vec::new(),
                });
            }
            let parameter = if starts_scheme { rest } else { part };
            if let (Some(challenge), Some(parsed)) = (found.last_mut(), parameter_of(parameter)) {
                challenge.parameters.push(parsed);
            }
        }
        found
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let found = self.parameters.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Returns the address for requesting the token of the challenge.
    pub(crate) fn token_address(&self) -> Option<String> {
        let mut address = self.get("realm")?.to_owned();
        for name in ["service", "scope"] {
            if let Some(value) = self.get(name) {
                let separator = if address.contains('?') { '&' } else { '?' };
                address.push_str(&format!("{separator}{name}={}", encode(value)));
            }
        }
        Some(address)
    }
}

/// Encodes text as the value of a query parameter or form field.
pub(crate) fn encode(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// Splits a header at commas outside of quotes.
fn split(header: &str) -> Vec<&str> {
    let (mut parts, mut start, mut quoted, mut escaped) = (Vec::new(), 0, false, false);
    for (at, c) in header.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ',' if !quoted => {
                parts.push(header[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(header[start..].trim());
    parts
}

fn parameter_of(text: &str) -> Option<(String, String)> {
    let (name, value) = text.split_once('=')?;
    let value = value.trim();
    let value = match value.strip_prefix('"').and_then(|value| value.strip_suffix('"')) {
        Some(quoted) => quoted.replace("\\\"", "\"").replace("\\\\", "\\"),
        None => value.to_owned(),
    };
    Some((name.trim().to_ascii_lowercase(), value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_challenges_in_one_header_are_told_apart() {
        let header =
            r#"Basic realm="a, b", Bearer realm="https://t/x",service="s",scope="repository:a:pull,push""#;
        let found = Challenge::parse_all(header);
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].get("realm"), Some("a, b"));
        assert_eq!(found[1].get("scope"), Some("repository:a:pull,push"));
        assert_eq!(
            found[1].token_address().unwrap(),
            "https://t/x?service=s&scope=repository%3Aa%3Apull%2Cpush"
        );
    }

    #[test]
    fn a_login_shows_nothing() {
        let shown = format!("{:?}", Login::new("ann", "planted"));
        assert!(!shown.contains("planted") && !shown.contains("ann"));
    }
}
