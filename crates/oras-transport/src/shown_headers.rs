//! Headers, for the log.

use std::fmt;

use http::header::{HeaderMap, HeaderName, HeaderValue, LOCATION};
use http::uri::Uri;

use crate::safe_url::SafeUrl;

/// The headers whose values are never secret. The values of all others are hidden, because a caller or a server may
/// have invented them.
const PLAIN: &[&str] = &[
    "accept",
    "accept-ranges",
    "age",
    "allow",
    "cache-control",
    "connection",
    "content-encoding",
    "content-length",
    "content-range",
    "content-type",
    "date",
    "docker-content-digest",
    "docker-distribution-api-version",
    "docker-upload-uuid",
    "etag",
    "expect",
    "host",
    "if-match",
    "if-none-match",
    "if-range",
    "last-modified",
    "oci-chunk-min-length",
    "oci-filters-applied",
    "oci-subject",
    "oci-tag",
    "range",
    "ratelimit-limit",
    "ratelimit-remaining",
    "retry-after",
    "server",
    "transfer-encoding",
    "user-agent",
    "vary",
    "via",
    "x-request-id",
];

/// Maximum number of bytes shown of a value.
const MOST: usize = 256;

/// Displays the names of all headers, and the values of those without secrets. `…` replaces the others. A location is
/// shown without its query.
pub(crate) struct ShownHeaders<'a>(pub(crate) &'a HeaderMap);

impl fmt::Display for ShownHeaders<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (name, value)) in self.0.iter().enumerate() {
            let separator = if at > 0 { "; " } else { "" };
            write!(f, "{separator}{name}: {}", shown(name, value))?;
        }
        Ok(())
    }
}

fn shown(name: &HeaderName, value: &HeaderValue) -> String {
    let is_plain = !value.is_sensitive() && PLAIN.contains(&name.as_str());
    let text = value.to_str().ok();
    match text {
        Some(text) if is_plain && text.len() <= MOST => text.to_owned(),
        Some(text) if is_plain => format!("{}…", &text[..MOST]),
        Some(text) if *name == LOCATION => text
            .parse()
            .map_or_else(|_| "…".to_owned(), |url: Uri| SafeUrl(&url).to_string()),
        _ => "…".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use http::header::{AUTHORIZATION, HeaderMap, HeaderValue, LOCATION};

    use super::ShownHeaders;

    fn shown(name: &'static str, value: &'static str) -> String {
        let headers = HeaderMap::from_iter([(name.parse().unwrap(), HeaderValue::from_static(value))]);
        ShownHeaders(&headers).to_string()
    }

    #[test]
    fn what_may_be_secret_does_not_show() {
        for name in [
            "authorization",
            "cookie",
            "set-cookie",
            "x-tenant",
            "link",
            "www-authenticate",
            "proxy-authorization",
        ] {
            assert_eq!(shown(name, "hunter2"), format!("{name}: …"));
        }
        let location = shown(
            LOCATION.as_str(),
            "https://bob:hunter2@storage.example/b?sig=hunter2",
        );
        assert_eq!(location, "location: https://storage.example/b?…");
        assert_eq!(shown("location", "not a url hunter2"), "location: …");
    }

    #[test]
    fn what_is_marked_as_secret_does_not_show() {
        let mut value = HeaderValue::from_static("hunter2");
        value.set_sensitive(true);
        let headers = HeaderMap::from_iter([("user-agent".parse().unwrap(), value)]);
        assert_eq!(ShownHeaders(&headers).to_string(), "user-agent: …");
    }

    #[test]
    fn the_rest_shows_in_order() {
        let mut headers = HeaderMap::new();
        headers.insert("content-length", HeaderValue::from_static("5"));
        headers.insert(AUTHORIZATION, HeaderValue::from_static("Basic aHVudGVyMg=="));
        headers.insert("etag", HeaderValue::from_static("\"a\""));
        assert_eq!(
            ShownHeaders(&headers).to_string(),
            "content-length: 5; authorization: …; etag: \"a\""
        );
    }

    #[test]
    fn a_long_value_is_cut() {
        let long: &'static str = "x".repeat(1000).leak();
        assert_eq!(shown("server", long).chars().count(), "server: ".len() + 256 + 1);
    }
}
