//! `Double`: stands in for the network; answers by script and keeps a journal.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{Method, StatusCode};
use http_body_util::BodyExt;
use oras_auth::{
    AuthLayer, AuthOptions, AuthenticatedService, Credential, CredentialProvider, CredentialQuery, Error,
    FoundCredential, Scopes,
};
use oras_transport::{Body, HttpService, RedirectLayer, Request, Response, ResponseBody};
use tower::{Layer, ServiceExt, service_fn};

/// A request as it arrived.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) method: Method,
    pub(crate) url: String,
    pub(crate) authorization: Option<String>,
    pub(crate) body: String,
}

impl Seen {
    pub(crate) fn is_at(&self, start: &str) -> bool {
        self.url.starts_with(start)
    }

    /// The values of one name in the query, or in a form.
    pub(crate) fn values(&self, name: &str) -> Vec<String> {
        let query = self.url.split_once('?').map_or("", |(_, query)| query);
        let pairs = query.split('&').chain(self.body.split('&'));
        let values = pairs
            .filter_map(|pair| pair.split_once('='))
            .filter(|(key, _)| *key == name);
        values.map(|(_, value)| decode(value)).collect()
    }
}

impl fmt::Debug for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {} {:?} {:?}",
            self.method, self.url, self.authorization, self.body
        )
    }
}

fn decode(text: &str) -> String {
    percent_encoding::percent_decode_str(text)
        .decode_utf8()
        .unwrap()
        .into_owned()
}

/// The journal, and the service that writes it.
#[derive(Clone)]
pub(crate) struct Double {
    seen: Arc<Mutex<Vec<Seen>>>,
    http: HttpService,
}

impl Double {
    /// Answers every request, each after ten milliseconds of the paused clock, so that concurrent ones overlap.
    pub(crate) fn new(answer: impl Fn(&Seen) -> Response + Send + Sync + 'static) -> Self {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (journal, answer) = (Arc::clone(&seen), Arc::new(answer));
        let http = service_fn(move |request: Request| {
            let (journal, answer) = (Arc::clone(&journal), Arc::clone(&answer));
            async move {
                let seen = read(request).await;
                journal.lock().unwrap().push(seen.clone());
                tokio::time::sleep(Duration::from_millis(10)).await;
                Ok(answer(&seen))
            }
        });
        Self {
            seen,
            http: HttpService::new(RedirectLayer::new().layer(HttpService::new(http))),
        }
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// How many requests went to URLs that start like this.
    pub(crate) fn count(&self, start: &str) -> usize {
        self.seen().iter().filter(|seen| seen.is_at(start)).count()
    }

    pub(crate) fn last(&self, start: &str) -> Seen {
        self.seen().into_iter().rfind(|seen| seen.is_at(start)).unwrap()
    }

    pub(crate) fn with(&self, provider: Arc<dyn CredentialProvider>) -> Client {
        self.with_options(provider, AuthOptions::default())
    }

    pub(crate) fn with_options(&self, provider: Arc<dyn CredentialProvider>, options: AuthOptions) -> Client {
        let auth = AuthLayer::new(provider, options);
        Client(AuthenticatedService::new(auth.layer(self.http.clone())))
    }

    /// The service that answers.
    pub(crate) fn http(&self) -> HttpService {
        self.http.clone()
    }
}

async fn read(request: Request) -> Seen {
    let (head, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    Seen {
        method: head.method,
        url: head.uri.to_string(),
        authorization: head
            .headers
            .get(AUTHORIZATION)
            .map(|value| value.to_str().unwrap().to_owned()),
        body: String::from_utf8(body.to_vec()).unwrap(),
    }
}

/// An authenticating client over a [`Double`].
#[derive(Clone)]
pub(crate) struct Client(pub(crate) AuthenticatedService);

impl Client {
    pub(crate) async fn get(&self, url: &str) -> Result<Response, Error> {
        self.send(request(Method::GET, url, None)).await
    }

    /// With the scopes it says it needs.
    pub(crate) async fn get_for(&self, url: &str, scopes: &str) -> Result<Response, Error> {
        self.send(request(Method::GET, url, Some(scopes))).await
    }

    pub(crate) async fn send(&self, request: Request) -> Result<Response, Error> {
        self.0.clone().oneshot(request).await
    }
}

pub(crate) fn request(method: Method, url: &str, scopes: Option<&str>) -> Request {
    let mut request = Request::new(Body::empty());
    *request.method_mut() = method;
    *request.uri_mut() = url.parse().unwrap();
    if let Some(scopes) = scopes {
        request.extensions_mut().insert(Scopes::parse(scopes));
    }
    request
}

pub(crate) fn reply(status: u16, body: &str) -> Response {
    let mut response = Response::new(ResponseBody::from(Bytes::copy_from_slice(body.as_bytes())));
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    response
}

pub(crate) fn with_header(mut response: Response, name: &'static str, value: &str) -> Response {
    response.headers_mut().append(name, value.parse().unwrap());
    response
}

pub(crate) fn challenge(value: &str) -> Response {
    with_header(reply(401, "{}"), "www-authenticate", value)
}

/// A provider with one answer for everybody, which counts how often it is asked.
pub(crate) struct Counting {
    answer: Option<Credential>,
    asked: AtomicUsize,
}

impl Counting {
    pub(crate) fn new(answer: Option<Credential>) -> Arc<Self> {
        Arc::new(Self {
            answer,
            asked: AtomicUsize::new(0),
        })
    }

    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl CredentialProvider for Counting {
    async fn credential(&self, query: &CredentialQuery<'_>) -> Result<Option<FoundCredential>, Error> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(10)).await;
        let answer = self.answer.clone();
        Ok(answer.map(|credential| FoundCredential::for_registry(credential, query)))
    }
}

/// The credential for a whole registry.
pub(crate) async fn find(
    provider: &impl CredentialProvider,
    registry: &str,
) -> Result<Option<Credential>, Error> {
    let found = provider.credential(&CredentialQuery::new(registry)).await?;
    Ok(found.map(|found| found.credential))
}

pub(crate) fn alice() -> Option<Credential> {
    Some(Credential::basic("alice", "hunter2").unwrap())
}

/// `Authorization` for [`alice`].
pub(crate) const ALICE: &str = "Basic YWxpY2U6aHVudGVyMg==";
