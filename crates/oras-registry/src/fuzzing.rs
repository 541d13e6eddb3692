//! Fuzzing: what a fuzzer feeds with bytes, and what must hold whatever they are.
//!
//! Each of these panics where something does not hold. They are no part of the API.

use http::header::{HeaderValue, LINK};
use http::{HeaderMap, Uri};

use crate::page::next_link;

/// A `Link` header of an answer.
pub fn link(bytes: &[u8]) {
    let Ok(value) = HeaderValue::from_bytes(bytes) else {
        return;
    };
    let base = Uri::from_static("https://registry.example/v2/a/tags/list?n=1");
    let headers = HeaderMap::from_iter([(LINK, value)]);
    if let Ok(Some(next)) = next_link(&headers, &base) {
        assert!(matches!(next.scheme_str(), Some("http" | "https")), "{next}");
        assert!(next.host().is_some(), "{next}");
    }
}
