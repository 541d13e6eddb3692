//! Uploads dropped in progress: the sessions they opened can be cancelled.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use http::header::{LOCATION, RANGE};
use http::{HeaderValue, Method, StatusCode};
use http_body_util::BodyExt;
use oras_content::{BoxError, Descriptor, Pushed, Result, WriterExt};
use oras_registry::{Client, ClientOptions};
use oras_transport::{Error, Request, Response, ResponseBody};

use crate::place::{quick, text};

const HALF: usize = 1024 * 1024;

/// A registry that breaks off the first request with bytes. It moves an upload with each request, so only the latest
/// location of each upload is open.
#[derive(Default)]
struct Moving {
    open: HashSet<String>,
    opened: usize,
    asked: Vec<String>,
}

impl Moving {
    fn open(&mut self) -> HeaderValue {
        self.opened += 1;
        let path = format!("/v2/app/blobs/uploads/{}", self.opened);
        self.open.insert(path.clone());
        HeaderValue::try_from(path).unwrap()
    }

    fn answer(&mut self, method: &Method, path: &str, len: usize) -> Result<Response, Error> {
        let mut response = Response::new(ResponseBody::from(""));
        let was_open = self.open.remove(path);
        let status = match *method {
            Method::POST => 202,
            _ if !was_open => 404,
            Method::DELETE => 204,
            Method::PUT if len > 0 => {
                self.open.insert(path.to_owned());
                return Err(Error::Exchange {
                    url: path.into(),
                    transient: true,
                    source: BoxError::from("it broke"),
                });
            }
            Method::PUT => 201,
            Method::GET => 204,
            _ => 202,
        };
        if matches!(*method, Method::POST | Method::GET | Method::PATCH) {
            response.headers_mut().insert(LOCATION, self.open());
        }
        if *method == Method::GET {
            let half = format!("0-{}", HALF - 1);
            response
                .headers_mut()
                .insert(RANGE, HeaderValue::try_from(half).unwrap());
        }
        *response.status_mut() = StatusCode::from_u16(status).unwrap();
        Ok(response)
    }
}

/// A client of that registry, whose requests each take a few polls.
fn client(registry: &Arc<Mutex<Moving>>) -> Client {
    let registry = Arc::clone(registry);
    let service = tower::service_fn(move |request: Request| {
        let registry = Arc::clone(&registry);
        async move {
            tokio::task::yield_now().await;
            let (head, body) = request.into_parts();
            let body = body.collect().await;
            tokio::task::yield_now().await;
            let mut registry = registry.lock().unwrap();
            registry.asked.push(head.method.to_string());
            let body = body.map_err(|source| Error::RequestBody {
                url: head.uri.path().into(),
                source,
            })?;
            registry.answer(&head.method, head.uri.path(), body.to_bytes().len())
        }
    });
    Client::from_service(service, ClientOptions::default().with_retry(quick()))
}

/// Polls a push of `bytes` as `blob` this many times, and returns its result if it ended.
async fn poll(client: &Client, blob: &Descriptor, bytes: &Bytes, polls: usize) -> Option<Result<Pushed>> {
    let app = client.repository("registry.example/app").unwrap();
    let mut push = Box::pin(app.push(blob, bytes.clone()));
    for _ in 0..polls {
        if let Poll::Ready(pushed) = futures_util::poll!(&mut push) {
            return Some(pushed);
        }
        tokio::time::advance(Duration::from_millis(50)).await;
    }
    None
}

/// Drops a push after every possible number of polls. Returns the result of the last push, and the requests so far.
async fn drop_at_every_poll(blob: &Descriptor, bytes: &Bytes) -> (Result<Pushed>, String) {
    for polls in 0.. {
        let registry = Arc::new(Mutex::new(Moving::default()));
        let client = client(&registry);
        let pushed = poll(&client, blob, bytes, polls).await;
        let asked = registry.lock().unwrap().asked.clone();
        client.cancel_uploads().await;
        let open = registry.lock().unwrap().open.clone();
        assert_eq!(open, HashSet::new(), "after {polls} polls: {asked:?}");
        if let Some(pushed) = pushed {
            return (pushed, asked.join(" "));
        }
    }
    unreachable!("a push ends")
}

/// F20: whenever an upload is dropped, cancelling its client's uploads leaves none open.
#[tokio::test(start_paused = true)]
async fn an_upload_that_is_dropped_at_any_poll_leaves_no_session_open() {
    let bytes = Bytes::from(vec![7; 2 * HALF]);
    let blob = Descriptor::of(text(), &bytes);
    let (pushed, asked) = drop_at_every_poll(&blob, &bytes).await;
    assert_eq!(pushed.unwrap(), Pushed::Stored);
    assert_eq!(asked, "POST PUT GET PATCH PUT");
}

#[tokio::test(start_paused = true)]
async fn an_upload_that_is_dropped_while_it_is_cancelled_is_cancelled_later() {
    let blob = Descriptor::of(text(), b"this is not it");
    let (pushed, asked) = drop_at_every_poll(&blob, &Bytes::from_static(b"nor is this it")).await;
    assert!(pushed.is_err());
    assert_eq!(asked, "POST PUT DELETE");
}
