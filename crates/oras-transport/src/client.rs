//! `client`: the bottom of every stack, on top of hyper.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::future::{Either, select};
use http::header::{
    ACCEPT_ENCODING, AUTHORIZATION, CONTENT_LENGTH, HeaderName, HeaderValue, PROXY_AUTHORIZATION, USER_AGENT,
};
use http::{HeaderMap, Method, StatusCode, Uri};
use hyper::body::Incoming;
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::capture_connection;
use hyper_util::client::proxy::matcher::Intercept;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tower::util::BoxCloneSyncService;
use tower_service::Service;

use crate::connect_fault::{ConnectFault, find};
use crate::connect_reason::ConnectReason;
use crate::connector::Connector;
use crate::dialer::Dialer;
use crate::error::Error;
use crate::idle::Idle;
use crate::options::TransportOptions;
use crate::origin::Origin;
use crate::phase::Phase;
use crate::progress::{Limits, Progress, TrackedBody};
use crate::proxy::{AsksForLogin, Proxies, ThroughProxy};
use crate::rate_check::MinRate;
use crate::request::{Commits, HttpService, Lane, Request, Response};
use crate::response_body::ResponseBody;
use crate::safe_url::SafeUrl;
use crate::stream::SpeaksTls;
use crate::tls::{Secured, TlsConfigs, is_tls_fault};
use crate::tls_hint::expects_tls;
use crate::waiting::OnWaiting;

const POOL_IDLE: Duration = Duration::from_secs(60);
const POOL_MAX_IDLE: usize = 64;

type Hyper = legacy::Client<Connector, TrackedBody>;

type Answered = Result<http::Response<Incoming>, legacy::Error>;

/// Creates a client that makes one exchange for each call, without retries, redirects or limits.
///
/// Connections are kept in two pools, see [`Lane`]. Calls need a tokio runtime with time and I/O. The client is always
/// ready: connections are not counted here, see [`LimitLayer`](crate::LimitLayer).
///
/// Spec: RFC 9110, "HTTP Semantics"; RFC 9112, "HTTP/1.1"; RFC 9113, "HTTP/2".
///
/// # Errors
///
/// - [`Error::Configuration`]: a certificate, key or user agent is invalid. The message says which.
pub fn client(options: &TransportOptions) -> Result<HttpService, Error> {
    let proxies = options.proxies_from_environment.then(Proxies::from_environment);
    client_through(proxies.flatten(), options)
}

fn client_through(proxies: Option<Proxies>, options: &TransportOptions) -> Result<HttpService, Error> {
    let user_agent = HeaderValue::from_str(&options.user_agent)
        .map_err(|error| Error::configuration_from("the user agent cannot be sent in a header", error))?;
    let tls = TlsConfigs::new(options)?;
    let proxies = proxies.map(Arc::new);
    let dialer = Dialer::new(
        options.connect_timeout,
        proxies.clone(),
        options.addresses.clone(),
    );
    let pool = |http2| {
        let secured = Secured::new(&tls, dialer.clone(), http2);
        legacy::Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .timer(TokioTimer::new())
            .pool_idle_timeout(POOL_IDLE)
            .pool_max_idle_per_host(POOL_MAX_IDLE)
            .build(Connector::new(secured, options.connect_timeout))
    };
    let shared = Shared {
        metadata: pool(true),
        blob: pool(false),
        user_agent,
        limits: Limits {
            send: options.idle_timeout,
            head: options.head_timeout,
            commit_rate: options.commit_rate,
        },
        least_rate: options.least_rate,
        on_waiting: options.on_waiting.clone(),
        proxies,
    };
    Ok(BoxCloneSyncService::new(Client(Arc::new(shared))))
}

#[derive(Clone)]
struct Client(Arc<Shared>);

struct Shared {
    metadata: Hyper,
    blob: Hyper,
    user_agent: HeaderValue,
    limits: Limits,
    least_rate: Option<MinRate>,
    on_waiting: OnWaiting,
    proxies: Option<Arc<Proxies>>,
}

impl Service<Request> for Client {
    type Response = Response;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Error>> + Send>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let shared = Arc::clone(&self.0);
        Box::pin(async move { shared.exchange(request).await })
    }
}

impl Shared {
    async fn exchange(&self, mut request: Request) -> Result<Response, Error> {
        let origin = Origin::of(request.uri()).map_err(|source| Error::InvalidUrl { source })?;
        let proxy = self.plain_proxy(request.uri());
        self.complete_headers(&mut request, proxy.as_ref());
        let url: Box<str> = SafeUrl(request.uri()).into();
        let commits = request.extensions().get::<Commits>().copied().unwrap_or_default();
        let progress = Progress::new(commits.0);
        let answered = self.send(request, &origin, &progress).await?;
        let response = answered.map_err(|error| fault(error, &origin, &url, &progress))?;
        if let Some(proxy) = proxy.filter(|_| response.status() == StatusCode::PROXY_AUTHENTICATION_REQUIRED)
        {
            return Err(Error::Connect {
                origin,
                reason: ConnectReason::Proxy,
                source: ThroughProxy::of(proxy.uri())(AsksForLogin).into(),
            });
        }
        let response = response.map(|incoming| {
            let idle = Idle::new(origin.clone(), self.limits.send, self.on_waiting.clone());
            ResponseBody::incoming(incoming, url, idle, self.least_rate)
        });
        expects_tls(&origin, response).await
    }

    /// Sends the request and waits for the response head, within the timeouts.
    async fn send(
        &self,
        request: Request,
        origin: &Origin,
        progress: &Arc<Progress>,
    ) -> Result<Answered, Error> {
        let lane = request.extensions().get::<Lane>().copied().unwrap_or_default();
        let mut request = request.map(|body| TrackedBody::new(body, Arc::clone(progress)));
        let mut captured = capture_connection(&mut request);
        let answer = match lane {
            Lane::Metadata => self.metadata.request(request),
            Lane::Blob => self.blob.request(request),
        };
        let connected = Box::pin(async {
            captured.wait_for_connection_metadata().await;
        });
        let exchange = Box::pin(async {
            match select(answer, connected).await {
                Either::Left((answered, _)) => Ok(answered),
                Either::Right((_, answer)) => progress.watch(answer, self.limits).await,
            }
        });
        let report = Box::pin(self.report_silence(origin, progress));
        let result = match select(exchange, report).await {
            Either::Left((result, _)) => result,
            Either::Right((_, exchange)) => exchange.await,
        };
        result.map_err(|(phase, after)| Error::TimedOut {
            origin: origin.clone(),
            phase,
            after,
        })
    }

    /// Reports once that the peer is silent.
    async fn report_silence(&self, origin: &Origin, progress: &Progress) {
        let phase = progress.silent(self.on_waiting.after, self.limits).await;
        self.on_waiting.tell(origin, phase.into());
    }

    /// The proxy that a plain HTTP request is sent to instead of its origin.
    fn plain_proxy(&self, uri: &Uri) -> Option<Intercept> {
        let proxies = self.proxies.as_ref()?;
        (uri.scheme_str() == Some("http"))
            .then(|| proxies.intercept(uri))
            .flatten()
    }

    /// Requests content without a coding, because a digest is that of the plain content, and identifies the client.
    ///
    /// Spec: RFC 9110, sections 8.6, "Content-Length", 10.1.5, "User-Agent", and 12.5.3, "Accept-Encoding".
    fn complete_headers(&self, request: &mut Request, proxy: Option<&Intercept>) {
        // Some registries refuse to open an upload session without a length: RFC 9110, section 15.5.12, 411.
        let needs_length = matches!(*request.method(), Method::POST | Method::PUT | Method::PATCH)
            && request.body().len() == Some(0);
        let proxy_auth = proxy.and_then(|proxy| proxy.basic_auth().cloned());
        let headers = request.headers_mut();
        or_insert(headers, ACCEPT_ENCODING, || HeaderValue::from_static("identity"));
        or_insert(headers, USER_AGENT, || self.user_agent.clone());
        if needs_length {
            or_insert(headers, CONTENT_LENGTH, || HeaderValue::from_static("0"));
        }
        // The header is for proxies. An origin must not see it: RFC 9110, section 11.7.2.
        headers.remove(PROXY_AUTHORIZATION);
        if let Some(mut value) = proxy_auth {
            value.set_sensitive(true);
            headers.insert(PROXY_AUTHORIZATION, value);
        }
        if let Some(value) = headers.get_mut(AUTHORIZATION) {
            value.set_sensitive(true);
        }
    }
}

fn or_insert(headers: &mut HeaderMap, name: HeaderName, value: impl FnOnce() -> HeaderValue) {
    headers.entry(name).or_insert_with(value);
}

fn fault(error: legacy::Error, origin: &Origin, url: &str, progress: &Progress) -> Error {
    if let Some(source) = progress.take_failure() {
        return Error::RequestBody {
            url: url.into(),
            source,
        };
    }
    let origin = origin.clone();
    match find::<ConnectFault>(&error) {
        Some(ConnectFault::Failed { reason, source }) => {
            return Error::Connect {
                origin,
                reason: *reason,
                source: Box::new(Arc::clone(source)),
            };
        }
        Some(ConnectFault::TimedOut(after)) => {
            return Error::TimedOut {
                origin,
                phase: Phase::Connect,
                after: *after,
            };
        }
        #[cfg(not(feature = "tls"))]
        Some(ConnectFault::WithoutTls) => return Error::WithoutTls { origin },
        #[cfg(feature = "tls")]
        Some(ConnectFault::AnsweredInPlainHttp) => return Error::AnsweredInPlainHttp { origin },
        None => {}
    }
    if find::<SpeaksTls>(&error).is_some() {
        return Error::ExpectsTls { origin };
    }
    // A failure after the connection was made may be transient, unless one side did not understand the other.
    let misunderstood = find::<hyper::Error>(&error).is_some_and(|error| error.is_parse() || error.is_user());
    let transient = !misunderstood && !is_tls_fault(&error);
    Error::Exchange {
        url: url.into(),
        transient,
        source: error.into(),
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;
    use tower::ServiceExt;

    use super::*;

    #[tokio::test]
    async fn a_proxy_that_asks_for_a_login_is_not_taken_for_the_server() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.unwrap();
            let _ = socket.read(&mut [0; 1024]).await;
            let answer = b"HTTP/1.1 407 Log In\r\ncontent-length: 0\r\n\r\n";
            let _ = socket.write_all(answer).await;
        });
        let proxy = format!("http://{address}");
        let proxies = Proxies::from_variables(|name| (name == "ALL_PROXY").then(|| proxy.clone()));
        let client = client_through(proxies, &TransportOptions::default()).unwrap();
        let mut get = Request::new(crate::body::Body::empty());
        *get.uri_mut() = Uri::from_static("http://reg.example/v2/");
        let Err(Error::Connect { reason, source, .. }) = client.oneshot(get).await else {
            panic!("the proxy refused");
        };
        assert_eq!(reason, ConnectReason::Proxy);
        assert_eq!(source.to_string(), format!("through the proxy {address}"));
    }
}
