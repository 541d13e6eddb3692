//! Fuzz targets, which panic if an invariant does not hold. They are not part of the API.

use std::sync::LazyLock;

use http::header::{
    CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, HeaderName, HeaderValue, LINK, RANGE, WARNING,
};
use http::{HeaderMap, Method, StatusCode, Uri};
use oras_content::{Descriptor, ErrorSubject, MediaType};
use oras_transport::{Origin, resolve};

use crate::error_body::ResponseError;
use crate::page::{Page, next_link};
use crate::session::{Session, min_chunk, received};
use crate::warning::Reported;
use crate::{Client, ClientOptions, Repository, answer, referrers, tag};

/// Parses a `Link` header.
pub fn link(bytes: &[u8]) {
    let base = Uri::from_static("https://registry.example/v2/a/tags/list?n=1");
    if let Ok(Some(next)) = next_link(&headers(LINK, bytes), &base) {
        assert!(matches!(next.scheme_str(), Some("http" | "https")), "{next}");
        assert!(next.host().is_some(), "{next}");
    }
}

/// Parses a `Warning` header.
pub fn warning(bytes: &[u8]) {
    for text in Reported::default().new_in(&headers(WARNING, bytes), |_| false) {
        assert_line(&text, 4096);
        assert!(!text.is_empty());
    }
}

/// Parses the `Location` header of a response that opens an upload.
pub fn location(bytes: &[u8]) {
    static REPOSITORY: LazyLock<Repository> = LazyLock::new(|| {
        let client = Client::new(ClientOptions::default()).expect("the defaults are sound");
        client
            .repository("registry.example/a")
            .expect("it is a repository")
    });
    let base = Uri::from_static("https://registry.example/v2/a/blobs/uploads/");
    let (what, expected) = (
        ErrorSubject::from("a"),
        Descriptor::of(MediaType::OCI_LAYER, b"a"),
    );
    let Some(Ok(location)) = std::str::from_utf8(bytes).ok().map(|text| resolve(&base, text)) else {
        return;
    };
    let Ok(session) = Session::at(&REPOSITORY, location, &what) else {
        return;
    };
    assert_eq!(session.location().scheme_str(), Some("https"), "{session:?}");
    let Ok(closing) = session.closing_url(&expected, &what) else {
        return;
    };
    assert_eq!(Origin::of(&closing), Origin::of(session.location()), "{closing}");
    let digest = expected.digest.as_str().replace(':', "%3A");
    let query = closing.query().unwrap_or_default();
    assert!(query.ends_with(&format!("digest={digest}")), "{closing}");
}

/// Parses the value of any header that describes content.
pub fn header(bytes: &[u8]) {
    let what = ErrorSubject::from("a");
    // The results are checked where they are used. Here, parsing must not panic.
    let _ = answer::digest(
        &headers(HeaderName::from_static("docker-content-digest"), bytes),
        &what,
    );
    let _ = answer::length(&headers(CONTENT_LENGTH, bytes));
    let _ = received(&headers(RANGE, bytes));
    let _ = min_chunk(&headers(HeaderName::from_static("oci-chunk-min-length"), bytes));
    let _ = answer::media_type(&headers(CONTENT_TYPE, bytes));
    let ranged = headers(CONTENT_RANGE, bytes);
    let _ = answer::total(&ranged);
    let starts = [0, 1, 5].map(|start| answer::check_range(&ranged, start, &what).is_ok());
    assert!(starts.iter().filter(|starts| **starts).count() <= 1, "{ranged:?}");
}

/// Parses the body of an error response.
pub fn error_body(bytes: &[u8]) {
    let url = "https://registry.example/v2/a/manifests/b".to_owned();
    let error = ResponseError::read(Method::GET, url, StatusCode::NOT_FOUND, bytes);
    assert_line(&error.to_string(), 40_000);
}

/// Parses a page of tags or of referrers.
pub fn page(bytes: &[u8]) {
    let page = Page {
        headers: HeaderMap::new(),
        body: bytes.to_vec().into(),
        what: ErrorSubject::from("a"),
    };
    for listed in tag::listed(&page, Some("b")).unwrap_or_default() {
        assert!(
            listed
                .parse::<oras_content::Tag>()
                .is_ok_and(|tag| tag.check().is_ok())
        );
    }
    for listed in referrers::listed(&page, Some("a/b")).unwrap_or_default() {
        assert_eq!(listed.artifact_type.as_ref().map(MediaType::as_str), Some("a/b"));
    }
}

/// Headers with these bytes as a value, or none if they are not a valid value.
fn headers(name: HeaderName, bytes: &[u8]) -> HeaderMap {
    let value = HeaderValue::from_bytes(bytes);
    value.into_iter().map(|value| (name.clone(), value)).collect()
}

/// Asserts that a text can be shown: one line, of limited length.
#[track_caller]
fn assert_line(text: &str, most: usize) {
    assert!(!text.chars().any(char::is_control), "{text:?}");
    assert!(text.len() <= most, "{} bytes", text.len());
}
