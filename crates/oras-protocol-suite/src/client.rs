//! The HTTP client: it sends exactly what it is told, answers challenges, and hides nothing of the response.

use std::collections::{HashMap, HashSet};
use std::error::Error as StdError;
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context, anyhow};
use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt, stream};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Empty, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::header::{AUTHORIZATION, HeaderValue, WARNING};
use hyper::http::Extensions;
use hyper::{Method, Response, Uri};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::{HttpConnector, HttpInfo};
use hyper_util::rt::TokioExecutor;

use crate::answer::Answer;
use crate::error::Error;
use crate::login::{Challenge, Login, encode};
use crate::request::{Payload, Request};
use crate::trust::Trust;

/// Time limit of an exchange.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long a paced body waits before each frame.
const BREAK: Duration = Duration::from_millis(10);
/// Maximum size of a response that is read.
const MOST: usize = 256 * 1024 * 1024;

type Body = UnsyncBoxBody<Bytes, std::convert::Infallible>;
type Http = legacy::Client<HttpsConnector<HttpConnector>, Body>;

/// The version of HTTP. HTTP/2 without TLS is used with prior knowledge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protocol {
    /// HTTP/1.1.
    #[default]
    Http1,
    /// HTTP/2.
    Http2,
}

/// A client of one registry.
#[derive(Debug)]
pub struct Client {
    http: Http,
    /// The same client without connection reuse.
    fresh: Http,
    /// Local addresses of the connections that brought a response.
    known: Mutex<HashSet<SocketAddr>>,
    /// Scheme, host and port.
    origin: String,
    login: Option<Login>,
    /// The `Authorization` headers that answered earlier challenges.
    answers: Mutex<HashMap<Place, String>>,
    warnings: Mutex<Vec<String>>,
}

impl Client {
    /// Creates a client of the registry at `url`, a scheme, a host and an optional port. Without a login it is anonymous.
    ///
    /// # Errors
    ///
    /// - [`Error::Address`]: `url` is not such an address.
    /// - [`Error::Trust`]: the certificates or the key are invalid.
    pub fn new(url: &str, login: Option<Login>, trust: &Trust, protocol: Protocol) -> Result<Self, Error> {
        let uri = url.trim_end_matches('/').parse::<Uri>().ok();
        let parts = uri
            .as_ref()
            .and_then(|uri| Some((uri.scheme_str()?, uri.authority()?)));
        let (scheme, authority) = parts.ok_or_else(|| Error::Address(url.to_owned()))?;
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(trust.config()?)
            .https_or_http();
        let connector = match protocol {
            Protocol::Http1 => connector.enable_http1().build(),
            Protocol::Http2 => connector.enable_http2().build(),
        };
        let mut http = legacy::Client::builder(TokioExecutor::new());
        http.http2_only(protocol == Protocol::Http2);
        Ok(Self {
            http: http.build(connector.clone()),
            fresh: http.pool_max_idle_per_host(0).build(connector),
            known: Mutex::default(),
            origin: format!("{scheme}://{authority}"),
            login,
            answers: Mutex::default(),
            warnings: Mutex::default(),
        })
    }

    /// Returns a client of the same registry with another login.
    pub(crate) fn with_login(&self, login: Login) -> Self {
        Self {
            http: self.http.clone(),
            fresh: self.fresh.clone(),
            known: Mutex::new(self.known().clone()),
            origin: self.origin.clone(),
            login: Some(login),
            answers: Mutex::default(),
            warnings: Mutex::default(),
        }
    }

    pub(crate) fn login(&self) -> Option<&Login> {
        self.login.as_ref()
    }

    pub(crate) fn request(&self, method: &str, target: impl Into<String>) -> Request<'_> {
        Request::new(self, method, target)
    }

    /// Whether an address belongs to this registry.
    pub(crate) fn is_own(&self, address: &str) -> bool {
        let rest = address.strip_prefix(&self.origin);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
    }

    /// Returns the texts of all `Warning` headers so far.
    pub(crate) fn warnings(&self) -> Vec<String> {
        self.warnings
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Sends a request with the credentials that the registry last accepted. If it is challenged again, and the request may
    /// log in, sends it once more with new ones.
    pub(super) async fn exchange(&self, request: Request<'_>) -> anyhow::Result<Answer> {
        let place = Place::of(&request);
        let known = self.answers().get(&place).filter(|_| request.with_login).cloned();
        let answer = self.once(&request, known.as_deref()).await?;
        if answer.status != 401 || !request.with_login {
            return Ok(answer);
        }
        let Some(authorization) = self.authorize(&answer, request.scope.as_deref()).await? else {
            return Ok(answer);
        };
        self.answers().insert(place, authorization.clone());
        self.once(&request, Some(&authorization)).await
    }

    fn answers(&self) -> MutexGuard<'_, HashMap<Place, String>> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the `Authorization` header that answers the challenges of a response; `None` if there is none.
    async fn authorize(&self, answer: &Answer, scope: Option<&str>) -> anyhow::Result<Option<String>> {
        let header = answer.headers.get_all("www-authenticate").iter();
        let header: Vec<&str> = header.filter_map(|value| value.to_str().ok()).collect();
        let challenges = Challenge::parse_all(&header.join(", "));
        if let Some(bearer) = challenges.iter().find(|challenge| challenge.scheme == "bearer") {
            let mut address = bearer
                .token_address()
                .context("a Bearer challenge needs a realm")?;
            if let Some(scope) = scope {
                address.push_str(&format!("&scope={}", encode(scope)));
            }
            let address = answer
                .resolve(&address)
                .context("the realm of a challenge is no address")?;
            return self.token(&address).await;
        }
        let basic = challenges.iter().any(|challenge| challenge.scheme == "basic");
        Ok(self.login.as_ref().filter(|_| basic).map(Login::basic))
    }

    async fn token(&self, address: &str) -> anyhow::Result<Option<String>> {
        let request = self.request("GET", address);
        let login = self.login.as_ref().map(Login::basic);
        let answer = self.once(&request, login.as_deref()).await?;
        let document: serde_json::Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let token = document["token"].as_str().or(document["access_token"].as_str());
        Ok(token.map(|token| format!("Bearer {token}")))
    }

    async fn once(&self, request: &Request<'_>, authorization: Option<&str>) -> anyhow::Result<Answer> {
        let exchange = self.send(request, authorization);
        let exchange = tokio::time::timeout(PATIENCE, exchange).await;
        exchange.map_err(|_| anyhow!("no answer within {} seconds", PATIENCE.as_secs()))?
    }

    async fn send(&self, request: &Request<'_>, authorization: Option<&str>) -> anyhow::Result<Answer> {
        let address = match request.target.starts_with('/') {
            true => format!("{}{}", self.origin, request.target),
            false => request.target.clone(),
        };
        let uri: Uri = address
            .parse()
            .with_context(|| format!("{address} is not an address"))?;
        let mut headers = request.headers.clone();
        if let Some(authorization) = authorization {
            headers.insert(AUTHORIZATION, HeaderValue::from_str(authorization)?);
        }
        let http = || {
            let mut http = hyper::Request::new(payload(request.body.clone()));
            *http.method_mut() = request.method.clone();
            *http.uri_mut() = uri.clone();
            *http.headers_mut() = headers.clone();
            http
        };
        let (head, body) = self.deliver(http).await.map_err(chained)?.into_parts();
        let warnings = head.headers.get_all(WARNING).iter();
        self.warn(warnings.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()));
        let (body, broken) = read(body).await;
        Ok(Answer {
            sent: request.shown(),
            asked: uri,
            status: head.status.as_u16(),
            headers: head.headers,
            body,
            broken,
        })
    }

    /// Sends a request, and once more on a new connection if a reused one was closed meanwhile: a server may close such a
    /// connection at any time (RFC 9112, section 9.5).
    async fn deliver(
        &self,
        http: impl Fn() -> hyper::Request<Body>,
    ) -> Result<Response<Incoming>, legacy::Error> {
        let answer = match self.http.request(http()).await {
            Err(error) if self.was_kept_open(&error) => self.fresh.request(http()).await?,
            answer => answer?,
        };
        let connection = answer.extensions().get::<HttpInfo>().map(HttpInfo::local_addr);
        self.known().extend(connection);
        Ok(answer)
    }

    fn was_kept_open(&self, error: &legacy::Error) -> bool {
        let mut extras = Extensions::new();
        if let Some(connection) = error.connect_info() {
            connection.get_extras(&mut extras);
        }
        let connection = extras.get::<HttpInfo>().map(HttpInfo::local_addr);
        connection.is_some_and(|connection| self.known().contains(&connection))
    }

    fn known(&self) -> MutexGuard<'_, HashSet<SocketAddr>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn warn(&self, found: impl Iterator<Item = String>) {
        let mut warnings = self.warnings.lock().unwrap_or_else(PoisonError::into_inner);
        for warning in found {
            if !warnings.contains(&warning) {
                warnings.push(warning);
            }
        }
    }
}

/// What an answer to a challenge is valid for: one action on one repository.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Place {
    action: &'static str,
    path: String,
    scope: Option<String>,
}

impl Place {
    fn of(request: &Request<'_>) -> Self {
        let action = match request.method {
            Method::GET | Method::HEAD => "pull",
            Method::DELETE => "delete",
            _ => "push",
        };
        let path = request.target.split('?').next().unwrap_or_default();
        let path = match path.find("/v2/") {
            Some(start) => &path[start..],
            None => path,
        };
        let ends = ["/blobs/", "/manifests/", "/tags/", "/referrers/"]
            .iter()
            .filter_map(|part| path.rfind(part));
        let end = ends.min().unwrap_or(path.len());
        // Requests about an upload need the right to push.
        let action = if path.contains("/blobs/uploads/") {
            "push"
        } else {
            action
        };
        Self {
            action,
            path: path[..end].to_owned(),
            scope: request.scope.clone(),
        }
    }
}

fn payload(payload: Payload) -> Body {
    match payload {
        Payload::Nothing => Empty::new().boxed_unsync(),
        Payload::Whole(bytes) => Full::new(bytes).boxed_unsync(),
        Payload::Frames(frames) => {
            let frames = frames.into_iter().map(|frame| Ok(Frame::data(frame)));
            StreamBody::new(stream::iter(frames)).boxed_unsync()
        }
        Payload::Paced(frames) => {
            let frames = stream::iter(frames).then(|frame| async {
                tokio::time::sleep(BREAK).await;
                Ok(Frame::data(frame))
            });
            StreamBody::new(frames).boxed_unsync()
        }
    }
}

/// Reads a body, and returns the error if it ended early.
async fn read(mut body: Incoming) -> (Bytes, Option<String>) {
    let mut read = BytesMut::new();
    while let Some(frame) = body.frame().await {
        match frame.map(Frame::into_data) {
            Ok(Ok(bytes)) => read.extend_from_slice(&bytes),
            Ok(Err(_)) => {}
            Err(error) => return (read.freeze(), Some(format!("{:#}", chained(error)))),
        }
        if read.len() > MOST {
            return (read.freeze(), Some("more than the suite reads".to_owned()));
        }
    }
    (read.freeze(), None)
}

/// An error with all its causes, which hyper's own text leaves out.
fn chained(error: impl StdError + Send + Sync + 'static) -> anyhow::Error {
    anyhow::Error::new(error)
}
