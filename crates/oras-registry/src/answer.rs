//! What response headers say about content.

use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE};
use oras_content::{Digest, Error, ErrorSubject, MediaType, Result};

/// The digest in `Docker-Content-Digest`, if there is one.
pub(crate) fn digest(headers: &HeaderMap, what: &ErrorSubject) -> Result<Option<Digest>> {
    let Some(value) = headers.get("docker-content-digest") else {
        return Ok(None);
    };
    let text = value.to_str().unwrap_or("?").trim();
    if text.is_empty() {
        return Ok(None);
    }
    let digest = text.parse().map_err(|error| Error::protocol(what, error));
    digest.map(Some)
}

/// Fails if the registry reports another digest of the same algorithm as `expected`.
pub(crate) fn check_digest(headers: &HeaderMap, expected: &Digest, what: &ErrorSubject) -> Result<()> {
    match digest(headers, what)? {
        Some(said) if said.algorithm_name() == expected.algorithm_name() && said != *expected => {
            let source = oras_content::VerifyError::Digest {
                expected: expected.clone(),
                actual: said,
            };
            Err(Error::verify(what, source))
        }
        _ => Ok(()),
    }
}

/// Fails if the registry stored a blob under another digest than `expected`. A digest of another algorithm is accepted.
pub(crate) fn check_uploaded_digest(
    headers: &HeaderMap,
    expected: &Digest,
    what: &ErrorSubject,
) -> Result<()> {
    match digest(headers, what)? {
        Some(said) if said.algorithm_name() != expected.algorithm_name() => Ok(()),
        _ => check_stored(headers, expected, what),
    }
}

/// Fails if the registry stored the pushed content under another digest than `expected`.
pub(crate) fn check_stored(headers: &HeaderMap, expected: &Digest, what: &ErrorSubject) -> Result<()> {
    match digest(headers, what)? {
        Some(said) if said != *expected => {
            let text = format!("the registry stored the content as {said}, not as {expected}");
            Err(Error::protocol(what, text))
        }
        _ => Ok(()),
    }
}

/// The length in `Content-Length`, unless the content is sent with a content coding.
pub(crate) fn length(headers: &HeaderMap) -> Option<u64> {
    let coding = headers.get(CONTENT_ENCODING);
    if coding.is_some_and(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return None;
    }
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.trim().parse().ok()
}

/// The media type of the content, without parameters.
pub(crate) fn media_type(headers: &HeaderMap) -> Option<MediaType> {
    let text = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let (media_type, _) = text.split_once(';').unwrap_or((text, ""));
    let media_type: MediaType = media_type.trim().to_ascii_lowercase().parse().ok()?;
    (!media_type.as_str().is_empty()).then_some(media_type)
}

/// Whether the response is an HTML page, which no registry sends.
pub(crate) fn is_page(headers: &HeaderMap) -> bool {
    media_type(headers).is_some_and(|found| found.as_str() == "text/html")
}

/// Fails unless a partial response starts at `start`. It may end early.
///
/// Spec: RFC 9110, section 15.3.7.
pub(crate) fn check_range(headers: &HeaderMap, start: u64, what: &ErrorSubject) -> Result<()> {
    match range_start(headers) {
        Some(said) if said == start => Ok(()),
        Some(said) => Err(Error::protocol(
            what,
            format!("the registry answers with bytes from {said} on, not from {start}"),
        )),
        None => Err(Error::protocol(
            what,
            "the registry answers with a part, and does not tell which",
        )),
    }
}

/// The offset at which a partial response starts.
fn range_start(headers: &HeaderMap) -> Option<u64> {
    let text = headers.get(CONTENT_RANGE)?.to_str().ok()?;
    let range = text.trim().strip_prefix("bytes")?.trim_start();
    range.split_once('-')?.0.trim().parse().ok()
}

/// The total length in `Content-Range`, if given.
pub(crate) fn total(headers: &HeaderMap) -> Option<u64> {
    let text = headers.get(CONTENT_RANGE)?.to_str().ok()?;
    text.rsplit_once('/')?.1.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn headers(name: http::header::HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn parameters_of_a_media_type_are_ignored() {
        let read = media_type(&headers(CONTENT_TYPE, "Application/JSON; charset=utf-8"));
        assert_eq!(read.unwrap().as_str(), "application/json");
        assert!(media_type(&headers(CONTENT_TYPE, "")).is_none());
    }

    #[test]
    fn the_start_of_a_range_is_read() {
        assert_eq!(range_start(&headers(CONTENT_RANGE, "bytes 5-9/10")), Some(5));
        for odd in ["bytes */10", "5-9/10", "bytes -9/10", "lines 1-2/3"] {
            assert_eq!(range_start(&headers(CONTENT_RANGE, odd)), None, "{odd}");
        }
    }

    #[test]
    fn the_length_of_coded_content_is_not_the_contents() {
        let mut coded = headers(CONTENT_LENGTH, "10");
        assert_eq!(length(&coded), Some(10));
        coded.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        assert_eq!(length(&coded), None);
    }

    #[test]
    fn an_empty_digest_header_is_no_header() {
        let name = http::header::HeaderName::from_static("docker-content-digest");
        assert!(digest(&headers(name.clone(), ""), &"x".into()).unwrap().is_none());
        assert!(digest(&headers(name.clone(), "sha256:xyz"), &"x".into()).is_err());
        let said = Digest::sha256(b"a");
        let mut other = HeaderMap::new();
        other.insert(name, HeaderValue::from_str(said.as_str()).unwrap());
        assert!(check_digest(&other, &Digest::sha256(b"b"), &"x".into()).is_err());
        assert!(check_digest(&other, &oras_content::Algorithm::Sha512.digest(b"b"), &"x".into()).is_ok());
    }
}
