//! Layers: what stands before the handlers of a registry.

use std::fmt;
use std::pin::Pin;

use hyper::Response;
use hyper::http::request::Parts;
use oras_content::BoxError;

use crate::body::{Body, Incoming};
use crate::next::Next;

/// An answer that is on its way. An error ends the stream or connection of the request, without an answer.
pub type Answering = Pin<Box<dyn Future<Output = Result<Response<Body>, BoxError>> + Send>>;

/// What sees every request to a registry before its handler does, and the answer after.
///
/// It may answer instead, ask the handler for something else, alter the answer, or take over the
/// [connection](Next::connection). The registry knows nothing of what layers do: its handlers are always right.
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
    /// Answers a request, as a rule with what [`Next::handle`] answers.
    ///
    /// It is called in the order in which requests arrive; what it returns is polled later.
    fn call(&self, asked: Asked, next: Next) -> Answering;
}

/// A request, and by which right it is made.
#[derive(Debug)]
pub struct Asked {
    /// Method, address, version and headers.
    pub head: Parts,
    /// The body, which nobody has read yet.
    pub body: Incoming,
    /// By which right it is made; that of its sender, until a layer says otherwise.
    pub right: Right,
}

/// By which right a request is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// What its sender shows.
    Own,
    /// That of its address: whoever knows it may do what is asked, and at either origin.
    Granted,
    /// None, whatever its sender shows.
    Refused,
}
