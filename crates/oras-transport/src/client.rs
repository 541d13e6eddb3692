//! `client`: the bottom of every stack, over hyper and rustls.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::future::{Either, select};
use http::header::{
    ACCEPT_ENCODING, AUTHORIZATION, CONTENT_LENGTH, HeaderName, HeaderValue, PROXY_AUTHORIZATION, USER_AGENT,
};
use http::{HeaderMap, Method};
use http_body::Body as _;
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::capture_connection;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tower::util::BoxCloneSyncService;
use tower_service::Service;

use crate::connector::{ConnectFault, Connector, find};
use crate::error::{Error, Phase};
use crate::options::TransportOptions;
use crate::origin::Origin;
use crate::pace::LeastRate;
use crate::peek::expects_tls;
use crate::progress::{Limits, Metered, Progress};
use crate::proxy::Proxies;
use crate::request::{Commits, HttpService, Lane, Request, Response};
use crate::response_body::ResponseBody;
use crate::safe_url::SafeUrl;
use crate::stream::SpeaksTls;
use crate::tls;
use crate::waiting::{OnWaiting, Waiting};

const POOL_IDLE: Duration = Duration::from_secs(60);
const POOL_MAX_IDLE: usize = 64;

type Hyper = legacy::Client<Connector, Metered>;

/// Builds the client: one exchange a call, no retries, no redirects, no limits.
///
/// Connections are kept in two pools, see [`Lane`]. Needs a tokio runtime with time and I/O when called on.
///
/// # Errors
///
/// - [`Error::Configuration`]: a certificate, key or user agent cannot be used; the text says which.
pub fn client(options: &TransportOptions) -> Result<HttpService, Error> {
    let user_agent = HeaderValue::from_str(&options.user_agent)
        .map_err(|error| Error::configuration_from("the user agent cannot be sent in a header", error))?;
    let tls = tls::configs(&options.tls)?;
    let proxies = options
        .proxies_from_environment
        .then(Proxies::from_environment)
        .flatten()
        .map(Arc::new);
    let pool = |http2| {
        legacy::Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .timer(TokioTimer::new())
            .pool_idle_timeout(POOL_IDLE)
            .pool_max_idle_per_host(POOL_MAX_IDLE)
            .build(Connector::new(&tls, options, proxies.clone(), http2))
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
        proxies: proxies.clone(),
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
    least_rate: Option<LeastRate>,
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
        self.complete_headers(&mut request);
        let url: Box<str> = SafeUrl(request.uri()).into();
        let lane = request.extensions().get::<Lane>().copied().unwrap_or_default();
        let before = request
            .extensions()
            .get::<Commits>()
            .map_or(0, |commits| commits.0);
        let progress = Progress::new(before);
        let mut request = request.map(|body| Metered::new(body, Arc::clone(&progress)));
        let mut captured = capture_connection(&mut request);
        let answer = match lane {
            Lane::Metadata => self.metadata.request(request),
            Lane::Blob => self.blob.request(request),
        };
        let connected = Box::pin(async {
            captured.wait_for_connection_metadata().await;
        });
        let patience = Box::pin(self.report_silence(&origin, &progress));
        let exchange = Box::pin(async {
            match select(answer, connected).await {
                Either::Left((result, _)) => Ok(result),
                Either::Right((_, answer)) => progress.watch(answer, self.limits).await,
            }
        });
        let result = match select(exchange, patience).await {
            Either::Left((result, _)) => result,
            Either::Right((_, exchange)) => exchange.await,
        };
        let result = result.map_err(|(phase, after)| Error::TimedOut {
            origin: origin.clone(),
            phase,
            after,
        })?;
        let response = result.map_err(|error| fault(error, &origin, &url, &progress))?;
        let response = response.map(|incoming| {
            let idle = (!incoming.is_end_stream()).then_some(self.limits.send);
            ResponseBody::incoming(incoming, origin.clone(), url, idle, self.least_rate)
        });
        expects_tls(&origin, response).await
    }

    /// Tells the caller once that the peer is silent.
    async fn report_silence(&self, origin: &Origin, progress: &Progress) {
        let OnWaiting { after, call } = &self.on_waiting;
        let phase = progress.silent(*after, self.limits).await;
        call(&Waiting {
            origin: origin.clone(),
            phase,
        });
    }

    fn complete_headers(&self, request: &mut Request) {
        // Some registries refuse an upload session that is opened without a length (411).
        let needs_length = matches!(*request.method(), Method::POST | Method::PUT | Method::PATCH)
            && request.body().len() == Some(0);
        let proxy_auth = self
            .proxies
            .as_ref()
            .filter(|_| request.uri().scheme_str() == Some("http"))
            .and_then(|proxies| proxies.intercept(request.uri()))
            .and_then(|proxy| proxy.basic_auth().cloned());
        let headers = request.headers_mut();
        or_insert(headers, ACCEPT_ENCODING, || HeaderValue::from_static("identity"));
        or_insert(headers, USER_AGENT, || self.user_agent.clone());
        if needs_length {
            or_insert(headers, CONTENT_LENGTH, || HeaderValue::from_static("0"));
        }
        // Meant for a proxy alone; an origin must not see it.
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
        Some(ConnectFault::AnsweredInPlainHttp) => return Error::AnsweredInPlainHttp { origin },
        None => {}
    }
    if find::<SpeaksTls>(&error).is_some() {
        return Error::ExpectsTls { origin };
    }
    // What breaks once connected may not break again, unless one side did not understand the other.
    let misunderstood = find::<hyper::Error>(&error).is_some_and(|error| error.is_parse() || error.is_user());
    let transient = !misunderstood && find::<rustls::Error>(&error).is_none();
    Error::Exchange {
        url: url.into(),
        transient,
        source: error.into(),
    }
}
