//! A service that answers from a script.

use std::sync::{Arc, Mutex};

use oras_transport::{Error, HttpService, Request, Response, ResponseBody};
use tower::util::BoxCloneSyncService;

/// What a request was.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) method: http::Method,
    pub(crate) url: String,
    pub(crate) headers: http::HeaderMap,
}

#[derive(Clone, Default)]
pub(crate) struct Double {
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Double {
    /// A service that answers the request of this number, counted from 0.
    pub(crate) fn answering(
        &self,
        answer: impl Fn(usize, &Seen) -> Result<Response, Error> + Send + Sync + 'static,
    ) -> HttpService {
        let (kept, answer) = (Arc::clone(&self.seen), Arc::new(answer));
        BoxCloneSyncService::new(tower::service_fn(move |request: Request| {
            let seen = Seen {
                method: request.method().clone(),
                url: request.uri().to_string(),
                headers: request.headers().clone(),
            };
            let mut kept = kept.lock().unwrap();
            let answered = answer(kept.len(), &seen);
            kept.push(seen);
            std::future::ready(answered)
        }))
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

pub(crate) fn answer(status: u16, headers: &[(&'static str, &str)]) -> Response {
    let mut response = http::Response::new(ResponseBody::empty());
    *response.status_mut() = status.try_into().unwrap();
    for (name, value) in headers {
        response.headers_mut().append(*name, value.parse().unwrap());
    }
    response
}

pub(crate) fn request(method: &str, url: &str, headers: &[(&'static str, &str)]) -> Request {
    let mut request = http::Request::new(oras_transport::Body::empty());
    *request.method_mut() = method.parse().unwrap();
    *request.uri_mut() = url.parse().unwrap();
    for (name, value) in headers {
        request.headers_mut().append(*name, value.parse().unwrap());
    }
    request
}
