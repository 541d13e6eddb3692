//! Heads: those that this server and a proxy before it could understand differently.

use hyper::Version;
use hyper::header::{CONNECTION, HOST, HeaderValue};
use hyper::http::request::Parts;

use crate::error::{Code, Failure, Result};

/// Refuses a request that is not for exactly one host.
///
/// What else is ambiguous does not get here: two lengths are refused, and a chunked body with a length is read as chunked
/// and is the last one of its connection.
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
