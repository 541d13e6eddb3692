//! `GrantedToken`: parses the responses of token servers.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use crate::credential::Credential;
use crate::presented::Presented;
use crate::secret::Secret;

/// The lifetime of a token if the server does not give one.
///
/// Spec: distribution, "Token Authentication Specification", "Token Response Fields".
const DEFAULT_LIFETIME: Duration = Duration::from_secs(60);

/// Maximum number of characters of a server's message.
const MESSAGE_LIMIT: usize = 200;

/// A token issued by the token server.
pub(crate) struct GrantedToken {
    pub(crate) token: Secret,
    pub(crate) lifetime: Duration,
}

#[derive(Deserialize)]
struct Document {
    token: Option<String>,
    access_token: Option<String>,
    expires_in: Option<Value>,
}

impl GrantedToken {
    /// Parses a successful response. The error says what is wrong with it.
    ///
    /// Spec: distribution, "Token Authentication Specification", "Token Response Fields"; RFC 6749, section 5.1.
    pub(crate) fn read(body: &[u8]) -> Result<Self, &'static str> {
        let document: Document = serde_json::from_slice(body).map_err(|_| "it is not the expected JSON")?;
        let tokens = [document.token, document.access_token].map(|token| token.map(Secret::from));
        let token = tokens.into_iter().flatten().find(|token| !token.is_empty());
        Ok(Self {
            token: token.ok_or("it holds no token")?,
            lifetime: document
                .expires_in
                .as_ref()
                .and_then(lifetime)
                .unwrap_or(DEFAULT_LIFETIME),
        })
    }
}

/// Seconds as a number, or as text, as some servers write them. Values below 1 are ignored.
fn lifetime(value: &Value) -> Option<Duration> {
    let seconds = match value {
        Value::String(text) => text.trim().parse().ok()?,
        other => other.as_f64()?,
    };
    (seconds >= 1.0).then(|| Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX))
}

/// The message of a refusal, on one line. Empty if it repeats the credential that was sent.
///
/// Spec: RFC 6749, section 5.2; distribution-spec, "Error Codes".
pub(crate) fn refusal(body: &[u8], told: Option<&Credential>) -> String {
    let Ok(document) = serde_json::from_slice::<Value>(body) else {
        return String::new();
    };
    let first = &document["errors"][0];
    let candidates = [
        &first["message"],
        &first["detail"],
        &first["code"],
        &document["error_description"],
        &document["message"],
        &document["details"],
        &document["error"],
    ];
    let said = candidates
        .into_iter()
        .filter_map(Value::as_str)
        .find(|text| !text.is_empty());
    let said = said.unwrap_or_default();
    if told.is_some_and(|told| Presented::to_token_server(told).is_in(said)) {
        String::new()
    } else {
        one_line(said)
    }
}

/// Makes untrusted text fit for an error message: one short line.
pub(crate) fn one_line(text: &str) -> String {
    let plain: String = text
        .chars()
        .map(|char| if char.is_control() { ' ' } else { char })
        .collect();
    plain.trim().chars().take(MESSAGE_LIMIT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(body: &str) -> Result<(String, u64), &'static str> {
        GrantedToken::read(body.as_bytes())
            .map(|given| (given.token.expose().to_owned(), given.lifetime.as_secs()))
    }

    #[test]
    fn either_name_of_the_token_is_taken() {
        assert_eq!(given(r#"{"token":"a"}"#), Ok(("a".to_owned(), 60)));
        assert_eq!(
            given(r#"{"access_token":"b","expires_in":300}"#),
            Ok(("b".to_owned(), 300))
        );
        assert_eq!(
            given(r#"{"token":"","access_token":"b","x":[]}"#),
            Ok(("b".to_owned(), 60))
        );
        assert_eq!(
            given(r#"{"token":"a","access_token":"b"}"#),
            Ok(("a".to_owned(), 60))
        );
    }

    #[test]
    fn odd_lifetimes_are_read_or_passed_over() {
        for (text, seconds) in [
            ("\"300\"", 300),
            ("299.9", 299),
            ("0", 60),
            ("-5", 60),
            ("null", 60),
            ("[]", 60),
            ("\"soon\"", 60),
        ] {
            assert_eq!(
                given(&format!(r#"{{"token":"a","expires_in":{text}}}"#)),
                Ok(("a".to_owned(), seconds))
            );
        }
        assert!(given(r#"{"token":"a","expires_in":1e300}"#).is_ok_and(|(_, seconds)| seconds > 1 << 40));
    }

    #[test]
    fn answers_without_a_token_are_unusable() {
        for body in ["", "token=a", "[]", "{}", r#"{"token":null}"#, r#"{"token":7}"#] {
            assert!(given(body).is_err(), "{body}");
        }
    }

    #[test]
    fn what_a_server_says_is_one_short_line() {
        let long = format!(
            r#"{{"errors":[{{"code":"X","message":"a\r\nb{}"}}]}}"#,
            "c".repeat(500)
        );
        let said = refusal(long.as_bytes(), None);
        assert!(
            said.starts_with("a  bccc") && said.chars().count() == 200,
            "{said}"
        );
        assert_eq!(refusal(br#"{"details":"no such user"}"#, None), "no such user");
        assert_eq!(refusal(b"<html>", None), "");
    }

    #[test]
    fn a_message_that_repeats_the_secret_is_dropped() {
        let alice = Credential::basic("alice", "hunter2").unwrap();
        for said in ["bad password hunter2", "bad header Basic YWxpY2U6aHVudGVyMg=="] {
            let body = format!(r#"{{"details":"{said}"}}"#);
            assert_eq!(refusal(body.as_bytes(), Some(&alice)), "", "{said}");
        }
    }
}
