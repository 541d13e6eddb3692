//! `Challenge`: parses `WWW-Authenticate`.

use http::HeaderMap;
use http::header::WWW_AUTHENTICATE;

use crate::challenge_scanner::{Raw, Scanner};
use crate::scope::Scopes;

/// A challenge of a registry. Schemes that this crate does not support are not represented.
///
/// Spec: RFC 9110, section 11.3; distribution, "Token Authentication Specification", "How to authenticate".
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Challenge {
    /// User name and password.
    Basic,
    /// A token from the token server at `realm`.
    Bearer {
        /// The URL of the token server, which may be relative. Not validated.
        realm: String,
        /// The name of the registry at the token server.
        service: Option<String>,
        /// The scopes the token must have.
        scopes: Scopes,
    },
}

impl Challenge {
    /// Parses all `WWW-Authenticate` fields of a response, in order.
    ///
    /// Supports several challenges in one field, quoted strings with escapes, and parameters in any order and case.
    /// Malformed parts are skipped. A `Bearer` challenge without a realm cannot be answered and is left out.
    ///
    /// Spec: RFC 9110, section 11.6.1.
    pub fn parse_all(headers: &HeaderMap) -> Vec<Self> {
        let mut found = Vec::new();
        for value in headers.get_all(WWW_AUTHENTICATE) {
            let mut scanner = Scanner::new(value.as_bytes());
            while let Some(raw) = scanner.challenge() {
                found.extend(raw.read());
            }
        }
        found
    }

    /// Returns the challenge to answer: the first `Bearer`, else the first `Basic`.
    pub fn preferred(headers: &HeaderMap) -> Option<Self> {
        let mut all = Self::parse_all(headers);
        let best = all
            .iter()
            .position(|challenge| matches!(challenge, Self::Bearer { .. }))
            .unwrap_or(0);
        (best < all.len()).then(|| all.swap_remove(best))
    }
}

impl Raw {
    fn read(mut self) -> Option<Challenge> {
        match self.scheme.as_str() {
            "basic" => Some(Challenge::Basic),
            "bearer" => Some(Challenge::Bearer {
                realm: self.take("realm").filter(|realm| !realm.is_empty())?,
                service: self.take("service"),
                scopes: self
                    .take("scope")
                    .map(|scope| Scopes::parse(&scope))
                    .unwrap_or_default(),
            }),
            _ => None,
        }
    }

    fn take(&mut self, name: &str) -> Option<String> {
        let index = self.parameters.iter().position(|(key, _)| key == name)?;
        Some(self.parameters.swap_remove(index).1)
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn headers(values: &[&str]) -> HeaderMap {
        values
            .iter()
            .map(|value| (WWW_AUTHENTICATE, HeaderValue::from_str(value).unwrap()))
            .collect()
    }

    fn bearer(realm: &str, service: Option<&str>, scope: &str) -> Challenge {
        Challenge::Bearer {
            realm: realm.to_owned(),
            service: service.map(str::to_owned),
            scopes: Scopes::parse(scope),
        }
    }

    #[test]
    fn the_usual_challenge_is_read() {
        let headers = headers(&[
            r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push""#,
        ]);
        let expected = bearer(
            "https://auth.docker.io/token",
            Some("registry.docker.io"),
            "repository:a/b:pull,push",
        );
        assert_eq!(Challenge::parse_all(&headers), [expected]);
    }

    #[test]
    fn several_challenges_in_one_field_and_in_several() {
        for values in [
            &[r#"Negotiate, Basic realm="x, Bearer y", bearer REALM = "https://t/" , service=s"#][..],
            &[
                "Negotiate YWJj==",
                r#"Basic realm="a""#,
                "Bearer realm=https://t/,service=\"s\"",
            ],
            &["Basic, Bearer realm=\"https://t/\",x=y, service=s, Negotiate"],
        ] {
            let headers = headers(values);
            assert_eq!(
                Challenge::parse_all(&headers),
                [Challenge::Basic, bearer("https://t/", Some("s"), "")],
                "{values:?}"
            );
            assert_eq!(
                Challenge::preferred(&headers),
                Some(bearer("https://t/", Some("s"), ""))
            );
        }
    }

    #[test]
    fn escapes_in_quoted_text_are_undone() {
        let headers = headers(&[r#"Bearer realm="a\"b\\c",error="x\,y""#]);
        assert_eq!(Challenge::parse_all(&headers), [bearer(r#"a"b\c"#, None, "")]);
    }

    #[test]
    fn malformed_parts_are_passed_over() {
        for (value, expected) in [
            ("", vec![]),
            (",,,", vec![]),
            ("Bearer", vec![]),
            ("Bearer realm=", vec![]),
            ("Bearer service=x", vec![]),
            (r#"Bearer realm="open"#, vec![]),
            (r#"=, "x", Bearer realm=r"#, vec![bearer("r", None, "")]),
            (
                r#"Bearer realm="r" junk, service=s"#,
                vec![bearer("r", Some("s"), "")],
            ),
            ("Basic dG9rZW4=, Basic", vec![Challenge::Basic, Challenge::Basic]),
        ] {
            assert_eq!(Challenge::parse_all(&headers(&[value])), expected, "{value}");
        }
    }

    proptest! {
        #[test]
        fn no_field_makes_it_panic(
            value in prop::collection::vec(32u8.., 0..80),
            shaped in r#"(Bearer|Basic|[, "\\=]|realm="[a-z,\\]{0,3}"?|x){0,12}"#,
        ) {
            let mut headers = HeaderMap::new();
            for bytes in [&value[..], shaped.as_bytes()] {
                if let Ok(value) = HeaderValue::from_bytes(bytes) {
                    headers.append(WWW_AUTHENTICATE, value);
                }
            }
            Challenge::parse_all(&headers);
        }
    }
}
