//! Refuses request heads that this server and a proxy in front of it could interpret differently.

use hyper::Version;
use hyper::header::{CONNECTION, HOST, HeaderValue};
use hyper::http::request::Parts;

use crate::error::{Code, Failure, Result};

/// Refuses a request without exactly one host.
///
/// Other ambiguities do not reach this check: hyper refuses two lengths, and reads a chunked body with a length as chunked
/// and as the last one of its connection.
///
/// Spec: RFC 9112, section 3.2.
pub(crate) fn check(head: &Parts) -> Result<()> {
    let hosts = head.headers.get_all(HOST).iter().count();
    let needed = usize::from(head.version == Version::HTTP_11);
    if (needed..=1).contains(&hosts) {
        return Ok(());
    }
    let failure = Failure::new(Code::Unsupported, "a request is for one host");
    Err(failure
        .with_status(hyper::StatusCode::BAD_REQUEST)
        .with_header(CONNECTION, HeaderValue::from_static("close")))
}
