//! Storage: blobs that are served from another origin.

use hyper::header::{ACCEPT_RANGES, ETAG, HeaderValue};
use hyper::{HeaderMap, Method, Response, StatusCode};
use oras_server::{Body, Origin, Right};

use super::Quirk;
use super::turn::Turn;
use crate::answer::{API_VERSION, Answer, DOCKER_CONTENT_DIGEST};
use crate::fault::{Redirect, To};

impl Turn<'_> {
    /// Redirects a client that may have a blob to its storage, and answers there as storage does.
    pub(super) fn store_elsewhere(&self, mut answer: Response<Body>) -> Response<Body> {
        if self.right == Right::Granted {
            if self.has(Quirk::BareStorage) {
                bare(answer.headers_mut());
            }
            return answer;
        }
        match self.has(Quirk::BlobRedirect) {
            true => Answer::new(StatusCode::TEMPORARY_REDIRECT)
                .with_location(self.elsewhere(self.method(), self.head.uri.path()))
                .finish(),
            false => answer,
        }
    }

    /// Issues an address at the second origin for this path, for requests with this method.
    pub(super) fn elsewhere(&self, method: &Method, path: &str) -> String {
        let redirect = Redirect::new(307, To::SecondOrigin);
        let root = self.host.next.root(Origin::Second).unwrap_or_default();
        format!("{root}{}", self.host.layer.tickets.give(&redirect, method, path))
    }
}

/// Removes the headers that only registries send, and identifies the content as storage does.
fn bare(headers: &mut HeaderMap) {
    headers.remove(DOCKER_CONTENT_DIGEST);
    headers.remove(API_VERSION);
    headers.insert(ETAG, HeaderValue::from_static("\"0x8DB2F0C1A6B3E5D\""));
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
}
