//! `TokenRequest`: a request to a token server.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method, StatusCode, Uri};
use oras_transport::{Body, HttpService, Request, retry_after};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::time::Instant;
use tower::ServiceExt;
use zeroize::Zeroizing;

use crate::credential::{Credential, basic_header};
use crate::error::Error;
use crate::secret::Secret;
use crate::token::Token;
use crate::token_answer::{GrantedToken, refusal};
use crate::token_key::TokenKey;

/// Maximum number of bytes read from a response.
const ANSWER_LIMIT: usize = 1024 * 1024;

/// A token is treated as expired up to this much earlier.
const MARGIN: Duration = Duration::from_secs(10);

/// All but the unreserved characters of RFC 3986.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A request to a token server.
pub(crate) struct TokenRequest {
    pub(crate) key: TokenKey,
    /// The registry the token is for: `host` or `host:port`.
    pub(crate) registry: String,
    pub(crate) client_id: String,
}

/// The response of a token server.
struct Answer {
    status: StatusCode,
    retry_after: Option<Duration>,
    body: Bytes,
}

impl TokenRequest {
    /// Requests the token.
    pub(crate) async fn send(self, http: HttpService) -> Result<Token, Error> {
        let realm = self.key.realm();
        tracing::debug!(registry = %self.registry, realm, scopes = %self.key.scopes, "asking for a token");
        let asked = Instant::now();
        let answer = match self.credential() {
            Some(Credential::RefreshToken(token)) => self.refresh(token, http).await?,
            Some(Credential::Basic { username, password }) => {
                self.ask(http, self.query(Some((username, password)))?).await?
            }
            _ => self.ask(http, self.query(None)?).await?,
        };
        if answer.status.is_success() {
            return self.read(asked, &answer.body);
        }
        let message = refusal(&answer.body, self.credential());
        Err(Error::TokenRefused {
            registry: self.registry,
            realm,
            status: answer.status,
            message,
            retry_after: answer.retry_after,
        })
    }

    fn credential(&self) -> Option<&Credential> {
        self.key.identity.as_deref().map(|found| &found.credential)
    }

    fn read(&self, asked: Instant, body: &[u8]) -> Result<Token, Error> {
        let granted = GrantedToken::read(body).map_err(|what| self.unusable(what))?;
        let lifetime = granted.lifetime - MARGIN.min(granted.lifetime / 2);
        Token::given_at(asked, self.key.clone(), &granted.token, lifetime)
            .map_err(|_| self.unusable("the token holds characters that cannot be sent"))
    }

    /// Sends a `POST`, or, if the server does not support that, a `GET` with the token as a password.
    ///
    /// Spec: distribution, "Docker Registry v2 authentication using OAuth2"; RFC 6749, section 6.
    async fn refresh(&self, token: &Secret, http: HttpService) -> Result<Answer, Error> {
        let answer = self.ask(http.clone(), self.form(token)).await?;
        match answer.status {
            StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => {
                self.ask(http, self.query(Some(("", token)))?).await
            }
            _ => Ok(answer),
        }
    }

    async fn ask(&self, http: HttpService, mut request: Request) -> Result<Answer, Error> {
        request
            .headers_mut()
            .insert(ACCEPT, HeaderValue::from_static("application/json"));
        let response = http
            .oneshot(request)
            .await
            .map_err(|source| self.failed(source))?;
        let status = response.status();
        let retry_after = retry_after(response.headers(), SystemTime::now());
        match response.into_body().read_limited(ANSWER_LIMIT).await {
            Ok(body) => Ok(Answer {
                status,
                retry_after,
                body,
            }),
            Err(oras_transport::Error::BodyTooLarge { .. }) => Err(self.unusable("it is longer than 1 MiB")),
            Err(source) => Err(self.failed(source)),
        }
    }

    /// Spec: distribution, "Token Authentication Specification", "Requesting a Token".
    fn query(&self, account: Option<(&str, &Secret)>) -> Result<Request, Error> {
        let mut request = Request::new(Body::empty());
        let mut pairs = Pairs::default();
        if let Some((username, password)) = account {
            if !username.is_empty() {
                pairs.add("account", username);
            }
            request
                .headers_mut()
                .insert(AUTHORIZATION, basic_header(username, password));
        }
        if let Some(service) = &self.key.server.service {
            pairs.add("service", service);
        }
        for scope in self.key.scopes.iter() {
            pairs.add("scope", &scope);
        }
        *request.uri_mut() = pairs
            .behind(&self.key.server.realm.uri)
            .ok_or_else(|| self.unusable("the question does not fit into a URL"))?;
        Ok(request)
    }

    /// Spec: RFC 6749, section 6.
    fn form(&self, token: &Secret) -> Request {
        let mut pairs = Pairs::default();
        pairs.add("grant_type", "refresh_token");
        pairs.add("client_id", &self.client_id);
        if let Some(service) = &self.key.server.service {
            pairs.add("service", service);
        }
        if !self.key.scopes.is_empty() {
            pairs.add("scope", &self.key.scopes.to_string());
        }
        pairs.add("refresh_token", token.expose());
        let mut request = Request::new(Body::from(pairs.0.as_bytes().to_vec()));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.key.server.realm.uri.clone();
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        request.headers_mut().insert(CONTENT_TYPE, form);
        request
    }

    fn failed(&self, source: oras_transport::Error) -> Error {
        Error::TokenExchange {
            registry: self.registry.clone(),
            realm: self.key.realm(),
            source: Arc::new(source),
        }
    }

    fn unusable(&self, what: &'static str) -> Error {
        Error::TokenUnusable {
            registry: self.registry.clone(),
            realm: self.key.realm(),
            what,
        }
    }
}

/// Names and values, escaped. Wiped from memory when dropped.
#[derive(Default)]
struct Pairs(Zeroizing<String>);

impl Pairs {
    fn add(&mut self, name: &str, value: &str) {
        if !self.0.is_empty() {
            self.0.push('&');
        }
        self.0.push_str(name);
        self.0.push('=');
        self.0.extend(utf8_percent_encode(value, ESCAPED));
    }

    /// Appends these to the query of `uri`.
    fn behind(&self, uri: &Uri) -> Option<Uri> {
        if self.0.is_empty() {
            return Some(uri.clone());
        }
        let query = uri.query().filter(|query| !query.is_empty());
        let query = query.map(|query| format!("{query}&")).unwrap_or_default();
        let mut parts = uri.clone().into_parts();
        parts.path_and_query = Some(format!("{}?{query}{}", uri.path(), *self.0).parse().ok()?);
        Uri::from_parts(parts).ok()
    }
}
