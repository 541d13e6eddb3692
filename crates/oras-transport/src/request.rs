//! The request and answer types everything in this crate speaks.

use tower::util::BoxCloneSyncService;

use crate::body::Body;
use crate::error::Error;
use crate::response_body::ResponseBody;

/// A request with a body that may be sendable twice.
pub type Request = http::Request<Body>;

/// An answer whose body is read frame by frame.
pub type Response = http::Response<ResponseBody>;

/// Anything that sends a [`Request`]: the real client, layers around it, or a double in a test.
pub type HttpService = BoxCloneSyncService<Request, Response, Error>;

/// Which connections a request uses; a request extension.
///
/// Blob bytes go over HTTP/1.1 connections of their own: HTTP/2 shares one connection's window between all streams
/// and caps a single transfer on distant servers.
///
/// Spec: RFC 9113, section 5.2, "Flow Control".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Lane {
    /// Small requests; HTTP/2 where the server offers it.
    #[default]
    Metadata,
    /// Blob uploads and downloads; HTTP/1.1 only.
    Blob,
}

/// A request extension: the request makes the peer store this many bytes, which were sent before it, so that it is
/// granted as much time to answer as if they were its body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Commits(pub u64);

/// Copies a request, or returns `None` if its body can only be sent once.
pub fn clone_request(request: &Request) -> Option<Request> {
    let mut copy = http::Request::new(request.body().try_clone()?);
    *copy.method_mut() = request.method().clone();
    *copy.uri_mut() = request.uri().clone();
    *copy.version_mut() = request.version();
    *copy.headers_mut() = request.headers().clone();
    *copy.extensions_mut() = request.extensions().clone();
    Some(copy)
}
