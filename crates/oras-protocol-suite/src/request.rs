//! Requests of the cases, byte for byte.

use bytes::Bytes;
use hyper::Method;
use hyper::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};

use crate::answer::Answer;
use crate::case::{Problem, Stop};
use crate::client::Client;
use crate::content::ACCEPT;

/// A request under construction.
#[derive(Clone)]
pub(crate) struct Request<'a> {
    pub(super) client: &'a Client,
    pub(super) method: Method,
    /// A path with its query, or a full address.
    pub(super) target: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Payload,
    /// Whether a challenge is answered with the client's login.
    pub(super) with_login: bool,
    /// A scope that a token must have in addition to that of the challenge.
    pub(super) scope: Option<String>,
}

/// The body of a request.
#[derive(Clone, Default)]
pub(crate) enum Payload {
    #[default]
    Nothing,
    /// Sent with its length.
    Whole(Bytes),
    /// Sent frame by frame, without a length.
    Frames(Vec<Bytes>),
    /// Sent frame by frame with a pause before each, so that an early response is seen before everything was sent.
    Paced(Vec<Bytes>),
}

impl Payload {
    fn len(&self) -> usize {
        match self {
            Self::Nothing => 0,
            Self::Whole(bytes) => bytes.len(),
            Self::Frames(frames) | Self::Paced(frames) => frames.iter().map(Bytes::len).sum(),
        }
    }
}

impl<'a> Request<'a> {
    pub(super) fn new(client: &'a Client, method: &str, target: impl Into<String>) -> Self {
        Self {
            client,
            method: Method::from_bytes(method.as_bytes()).expect("cases use valid methods"),
            target: target.into(),
            headers: HeaderMap::new(),
            body: Payload::Nothing,
            with_login: true,
            scope: None,
        }
    }

    /// Adds a header.
    pub(crate) fn header(mut self, name: &'static str, value: impl AsRef<str>) -> Self {
        let value = HeaderValue::from_str(value.as_ref()).expect("cases use valid header values");
        self.headers.append(HeaderName::from_static(name), value);
        self
    }

    pub(crate) fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = Payload::Whole(body.into());
        self
    }

    /// Sends these frames without a total length.
    pub(crate) fn frames(mut self, frames: Vec<Bytes>) -> Self {
        self.body = Payload::Frames(frames);
        self
    }

    /// Sends these frames with pauses; the caller may set `Content-Length`.
    pub(crate) fn paced(mut self, frames: Vec<Bytes>) -> Self {
        self.body = Payload::Paced(frames);
        self
    }

    /// Requests a scope in addition to that of the challenge.
    pub(crate) fn also_scope(mut self, scope: String) -> Self {
        self.scope = Some(scope);
        self
    }

    /// Leaves a challenge unanswered.
    pub(crate) fn without_login(mut self) -> Self {
        self.with_login = false;
        self
    }

    /// Sends the request and reads the whole response.
    pub(crate) async fn send(self) -> Result<Answer, Stop> {
        let sent = self.shown();
        let sending = self.client.exchange(self);
        sending.await.map_err(|error| {
            Stop::Fail(Problem {
                sent,
                wanted: "an answer".to_owned(),
                got: format!("{error:#}"),
            })
        })
    }

    /// Sends the request and follows redirects, which are permitted for blobs.
    pub(crate) async fn send_following(self) -> Result<Answer, Stop> {
        const MOST: usize = 5;
        let mut request = self;
        for _ in 0..MOST {
            let answer = request.clone().send().await?;
            if !matches!(answer.status, 301 | 302 | 303 | 307 | 308) {
                return Ok(answer);
            }
            let location = answer.location()?;
            // Credentials of the registry are not sent to another origin.
            request.with_login &= request.client.is_own(&location);
            request.target = location;
        }
        Err(Stop::Fail(Problem {
            sent: request.shown(),
            wanted: format!("an end after {MOST} redirects"),
            got: "another one".to_owned(),
        }))
    }

    /// Formats the request for people: cases set no header that contains a secret.
    pub(super) fn shown(&self) -> String {
        let mut text = format!("{} {}", self.method, shorten(&self.target));
        for (name, value) in &self.headers {
            if *name != AUTHORIZATION && *value != ACCEPT {
                text.push_str(&format!(
                    ", {name}: {}",
                    String::from_utf8_lossy(value.as_bytes())
                ));
            }
        }
        match &self.body {
            Payload::Nothing => text,
            Payload::Whole(body) => format!("{text}, {} bytes", body.len()),
            Payload::Frames(frames) | Payload::Paced(frames) => {
                format!("{text}, {} bytes in {} frames", self.body.len(), frames.len())
            }
        }
    }
}

/// Shortens an address by the state that some registries keep in the addresses of uploads.
pub(super) fn shorten(text: &str) -> String {
    const MOST: usize = 200;
    match text.char_indices().nth(MOST) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}
