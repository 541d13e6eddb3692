//! A registry that issues planted secrets, and repeats what it receives in its refusals.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use http::header::{AUTHORIZATION, LOCATION, SET_COOKIE, WWW_AUTHENTICATE};
use http::{HeaderValue, Method, Response};
use oras_server::{
    Answering, Asked, Body, Layer, Next, RequestPath, Right, Route, Server, ServerOptions, User, Users,
};
use tokio::runtime::Runtime;

use super::secret::{
    ALL, COOKIE, GIVEN, HELPER, IDENTITY, PASSWORD, REFRESH, SESSION, SIGNED, TOKEN, basic, encoded, shows,
};

/// A repository whose blobs redirect to a server that does not exist.
pub(super) const GONE: &str = "gone";
/// A repository that answers with the request it received.
pub(super) const ECHO: &str = "echo";
/// A name of the registry for which its token server is on another host. This machine is the proxy for both.
pub(super) const ELSEWHERE: &str = "10.1.2.3:5000";
/// A repository that accepts only the start of an upload.
pub(super) const BROKEN: &str = "broken";

/// The registry, on its own runtime.
pub(super) struct Registry {
    server: Server,
    layer: Planting,
    // Dropped last, because the server runs on it.
    _runtime: Runtime,
}

impl Registry {
    pub(super) fn start() -> Self {
        let layer = Planting::default();
        let users = Users::new().with_user(User::new("ann", PASSWORD));
        let options = ServerOptions::default().with_users(users).with_tokens(true);
        let options = options.with_layer(Arc::new(layer.clone()));
        let runtime = Runtime::new().unwrap();
        Self {
            server: runtime.block_on(Server::start(options)).unwrap(),
            layer,
            _runtime: runtime,
        }
    }

    pub(super) fn name(&self) -> String {
        self.server.registry()
    }

    pub(super) fn at(&self, name: &str) -> String {
        format!("{}/{name}", self.name())
    }

    /// Returns the secrets that went over the wire in either direction.
    pub(super) fn seen(&self) -> BTreeSet<&'static str> {
        self.layer.0.lock().unwrap().clone()
    }
}

/// The layer that records the secrets it sees.
#[derive(Clone, Debug, Default)]
struct Planting(Arc<Mutex<BTreeSet<&'static str>>>);

impl Layer for Planting {
    fn call(&self, asked: Asked, next: Next) -> Answering {
        let layer = self.clone();
        Box::pin(async move {
            layer.note(&format!(
                "{} {}",
                asked.head.uri,
                all_headers(&asked.head.headers)
            ));
            let mut answer = layer.answer(asked, next).await;
            let cookie = format!("session={COOKIE}; Path=/");
            answer.headers_mut().append(SET_COOKIE, header(&cookie));
            layer.note(&all_headers(answer.headers()));
            Ok(answer)
        })
    }
}

impl Planting {
    fn note(&self, text: &str) {
        let shown = ALL.into_iter().filter(|secret| shows(text, secret));
        self.0.lock().unwrap().extend(shown);
    }

    async fn answer(&self, mut asked: Asked, next: Next) -> Response<Body> {
        let path = RequestPath::of(&asked.head.uri);
        let (route, repository) = (path.route(), path.repository().unwrap_or_default().to_owned());
        let uri = asked.head.uri.to_string();
        if route == Route::Token {
            return self.token(asked).await;
        }
        let bearer = shown(&asked);
        if [TOKEN, GIVEN]
            .map(|token| format!("Bearer {token}"))
            .contains(&bearer)
        {
            asked.right = Right::Granted;
        }
        if uri.contains(&encoded(SIGNED)) {
            asked.right = Right::Granted;
            return next.handle(asked).await;
        }
        if asked.head.method == Method::GET && route == Route::Blob && asked.right == Right::Granted {
            return elsewhere(&asked, &next, &repository);
        }
        if route == Route::Manifest && repository == ECHO {
            return refuse(403, &format!("{} {uri}", all_headers(&asked.head.headers)));
        }
        if route == Route::Upload && repository == BROKEN && asked.head.method != Method::GET {
            asked.body.drain(u64::MAX).await;
            return refuse(503, "");
        }
        let mut answer = next.handle(asked).await;
        if matches!(route, Route::Uploads | Route::Upload) {
            add_state(&mut answer);
        }
        if uri.contains(ELSEWHERE) && answer.status() == 401 {
            let challenge = header("Bearer realm=\"http://tokens.example/token\"");
            answer.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        }
        answer
    }

    /// Issues a token for a known secret. Otherwise the refusal repeats the credentials and the body in full.
    async fn token(&self, mut asked: Asked) -> Response<Body> {
        let body = asked.body.read(64 * 1024).await.unwrap_or_default();
        let body = String::from_utf8_lossy(&body).into_owned();
        self.note(&body);
        let authorization = shown(&asked);
        let known = [basic("ann", PASSWORD), basic("bob", HELPER)].contains(&authorization)
            || [IDENTITY, REFRESH].into_iter().any(|token| shows(&body, token));
        if !known {
            return refuse(401, &format!("no: {authorization} {body}"));
        }
        let answer = format!(r#"{{"token":"{TOKEN}","access_token":"{TOKEN}","refresh_token":"{REFRESH}"}}"#);
        self.note(&answer);
        Response::new(Body::from(answer))
    }
}

fn shown(asked: &Asked) -> String {
    let value = asked.head.headers.get(AUTHORIZATION);
    value.map_or_else(String::new, |value| value.to_str().unwrap().to_owned())
}

fn all_headers(headers: &http::HeaderMap) -> String {
    let values = headers
        .values()
        .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    values.collect::<Vec<_>>().join(" ")
}

fn header(text: &str) -> HeaderValue {
    text.parse().unwrap()
}

/// Redirects to a signed address on `localhost`. For [`GONE`], nobody listens there.
fn elsewhere(asked: &Asked, next: &Next, repository: &str) -> Response<Body> {
    let root = next.root(next.origin()).unwrap();
    let port = match repository {
        GONE => "1",
        _ => root.trim_end_matches('/').rsplit(':').next().unwrap(),
    };
    let path = asked.head.uri.path();
    let location = format!("http://localhost:{port}{path}?X-Signature={}", encoded(SIGNED));
    let mut answer = refuse(307, "");
    answer.headers_mut().insert(LOCATION, header(&location));
    answer
}

fn add_state(answer: &mut Response<Body>) {
    let Some(location) = answer.headers().get(LOCATION) else {
        return;
    };
    let location = location.to_str().unwrap();
    let mark = if location.contains('?') { '&' } else { '?' };
    let location = header(&format!("{location}{mark}_state={}", encoded(SESSION)));
    answer.headers_mut().insert(LOCATION, location);
}

fn refuse(status: u16, message: &str) -> Response<Body> {
    let body = serde_json::json!({"errors": [{"code": "DENIED", "message": message, "detail": message}]});
    let mut answer = Response::new(Body::from(body.to_string()));
    *answer.status_mut() = status.try_into().unwrap();
    answer.headers_mut().insert("retry-after", header("0"));
    answer
        .headers_mut()
        .insert("content-type", header("application/json"));
    answer
}
