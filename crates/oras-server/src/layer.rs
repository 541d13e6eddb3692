//! Layers in front of the handlers of a registry.

use std::fmt;
use std::pin::Pin;

use hyper::Response;
use hyper::http::request::Parts;
use oras_content::BoxError;

use crate::body::{Body, Incoming};
use crate::next::Next;

/// A pending response. An error ends the stream or connection of the request, without a response.
pub type Answering = Pin<Box<dyn Future<Output = Result<Response<Body>, BoxError>> + Send>>;

/// Sees every request before its handler, and the response after it.
///
/// It may answer itself, change the request or the response, or take over the [connection](Next::connection). The handlers
/// do not know about layers and always behave correctly.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
///
/// use hyper::Request;
/// use hyper::service::Service;
/// use oras_server::{Answering, Asked, Body, Layer, Next, RegistryService, ServerOptions};
///
/// /// Counts requests.
/// #[derive(Debug, Default)]
/// struct Counter(AtomicUsize);
///
/// impl Layer for Counter {
///     fn call(&self, asked: Asked, next: Next) -> Answering {
///         self.0.fetch_add(1, Relaxed);
///         Box::pin(async move { Ok(next.handle(asked).await) })
///     }
/// }
///
/// let counter = Arc::new(Counter::default());
/// let registry = RegistryService::new(ServerOptions::default().with_layer(counter.clone()));
/// # let empty = http_body_util::Empty::<bytes::Bytes>::new();
/// let answer = registry.call(Request::get("/v2/").body(empty)?).await.map_err(|error| error.to_string())?;
/// assert_eq!((answer.status().as_u16(), counter.0.load(Relaxed)), (200, 1));
/// # Ok(())
/// # }
/// ```
pub trait Layer: fmt::Debug + Send + Sync {
    /// Answers a request, usually with the response of [`Next::handle`].
    ///
    /// It is called in the order in which requests arrive; the returned future is polled later.
    fn call(&self, asked: Asked, next: Next) -> Answering;
}

/// A request, and the right by which it is made.
#[derive(Debug)]
pub struct Asked {
    /// Method, address, version and headers.
    pub head: Parts,
    /// The unread body.
    pub body: Incoming,
    /// The right by which it is made; that of its sender, unless a layer changes it.
    pub right: Right,
}

/// The right by which a request is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// The credentials of its sender.
    Own,
    /// The address itself: whoever knows it may make the request, at either origin.
    Granted,
    /// None, whatever credentials were sent.
    Refused,
}
