//! The request and response types of this crate.

use tower::util::BoxCloneSyncService;

use crate::body::Body;
use crate::error::Error;
use crate::response_body::ResponseBody;

/// A request whose body may be replayable.
pub type Request = http::Request<Body>;

/// A response whose body is read frame by frame.
pub type Response = http::Response<ResponseBody>;

/// Any service that sends a [`Request`]: the client, the layers around it, or a test double.
pub type HttpService = BoxCloneSyncService<Request, Response, Error>;

/// A request extension: which connections to use.
///
/// Blobs use separate HTTP/1.1 connections, because HTTP/2 shares one connection's window between all streams and
/// limits the speed of a single transfer on distant servers.
///
/// Spec: RFC 9113, section 5.2, "Flow Control".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Lane {
    /// Small requests. HTTP/2 if the server offers it.
    #[default]
    Metadata,
    /// Uploads and downloads of blobs. HTTP/1.1 only.
    Blob,
}

/// A request extension: the request makes the peer store this many bytes sent by earlier requests. The peer gets as
/// much time to respond as if they were in its body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Commits(pub u64);

/// Copies a request, or returns `None` if its body can be sent only once.
pub fn clone_request(request: &Request) -> Option<Request> {
    let mut copy = http::Request::new(request.body().try_clone()?);
    *copy.method_mut() = request.method().clone();
    *copy.uri_mut() = request.uri().clone();
    *copy.version_mut() = request.version();
    *copy.headers_mut() = request.headers().clone();
    *copy.extensions_mut() = request.extensions().clone();
    Some(copy)
}
