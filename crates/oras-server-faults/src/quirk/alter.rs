//! Alterations: the effects of quirks on responses.

use hyper::header::{CONTENT_ENCODING, CONTENT_LENGTH, HeaderValue, LOCATION, SET_COOKIE};
use hyper::{Method, Response, StatusCode};
use oras_server::{Body, Route};

use super::Quirk;
use super::refuse::{html, refused};
use super::turn::Turn;
use crate::answer::{Answer, DOCKER_CONTENT_DIGEST};
use crate::fault::gzip;

const PULL_LIMIT: u64 = 4 * 1024 * 1024;

impl Turn<'_> {
    /// Alters a response.
    pub(super) async fn alter(&self, answer: Response<Body>) -> Response<Body> {
        let answer = match self.route {
            Route::Uploads => self.alter_start(answer),
            Route::Upload => self.alter_upload(answer),
            Route::Blob => self.alter_blob(answer),
            Route::Manifest => self.alter_manifest(answer),
            Route::Tags | Route::Catalog => self.alter_list(answer).await,
            Route::Token => self.alter_token(answer).await,
            Route::Base if self.has(Quirk::OpenPing) => self.open(answer),
            _ => answer,
        };
        let answer = self.alter_login(answer);
        let answer = self.alter_created(answer);
        let mut answer = self.alter_digest(answer);
        if self.has(Quirk::Cookie) {
            let cookie = HeaderValue::from_static("sid=0123456789abcdef; Path=/; HttpOnly");
            answer.headers_mut().insert(SET_COOKIE, cookie);
        }
        if self.has(Quirk::HtmlErrors) && is_error(&answer) {
            return self.as_html(answer);
        }
        answer
    }

    fn alter_blob(&self, mut answer: Response<Body>) -> Response<Body> {
        if self.is_read() && answer.status().is_success() {
            answer = self.store_elsewhere(answer);
        }
        if self.has(Quirk::GzipLabel) && answer.status().is_success() {
            let label = HeaderValue::from_static("x-gzip");
            answer.headers_mut().insert(CONTENT_ENCODING, label);
        }
        self.compress(answer)
    }

    fn alter_manifest(&self, answer: Response<Body>) -> Response<Body> {
        let len = answer.headers().get(CONTENT_LENGTH);
        let len = len.and_then(|len| len.to_str().ok()?.parse::<u64>().ok());
        if self.has(Quirk::ManifestLimitOnPull) && self.is_read() && len.is_some_and(|len| len > PULL_LIMIT) {
            return refused(500, "UNKNOWN");
        }
        match answer.status() {
            StatusCode::PAYLOAD_TOO_LARGE if self.has(Quirk::ManifestTooLargeInvalid) => {
                refused(400, "MANIFEST_INVALID")
            }
            StatusCode::NOT_FOUND if self.has(Quirk::UnknownNotFound) => refused(404, "UNKNOWN"),
            _ => self.compress(answer),
        }
    }

    /// Compresses content, but not an error.
    pub(super) fn compress(&self, answer: Response<Body>) -> Response<Body> {
        let has_content = *self.method() != Method::HEAD && answer.status().is_success();
        match self.has(Quirk::Gzip) && has_content {
            true => gzip::encode(answer),
            false => answer,
        }
    }

    /// Alters the response to a push.
    fn alter_created(&self, mut answer: Response<Body>) -> Response<Body> {
        let is_created = answer.status() == StatusCode::CREATED && *self.method() != Method::PATCH;
        if !is_created {
            return answer;
        }
        if self.has(Quirk::NoCreatedLocation) {
            answer.headers_mut().remove(LOCATION);
        }
        if self.has(Quirk::CreatedLocationForeign) {
            let foreign = format!("https://storage.example.com{}", self.head.uri.path());
            if let Ok(value) = HeaderValue::from_str(&foreign) {
                answer.headers_mut().insert(LOCATION, value);
            }
        }
        if self.has(Quirk::NoDigestOnPut) {
            answer.headers_mut().remove(DOCKER_CONTENT_DIGEST);
        }
        answer
    }

    fn alter_digest(&self, mut answer: Response<Body>) -> Response<Body> {
        let is_without = match *self.method() {
            Method::GET => self.has(Quirk::NoDigestOnGet),
            Method::HEAD => self.has(Quirk::NoDigestOnHead),
            _ => false,
        };
        let headers = answer.headers_mut();
        if is_without {
            headers.remove(DOCKER_CONTENT_DIGEST);
        }
        if self.has(Quirk::EmptyDigest) && headers.contains_key(DOCKER_CONTENT_DIGEST) {
            headers.insert(DOCKER_CONTENT_DIGEST, HeaderValue::from_static(""));
        }
        answer
    }

    /// Turns an error into an HTML page; a challenge is kept.
    fn as_html(&self, answer: Response<Body>) -> Response<Body> {
        let mut page = html(answer.status());
        let own = page.headers().clone();
        for (name, value) in answer.headers() {
            if name != CONTENT_LENGTH && !own.contains_key(name) {
                page.headers_mut().append(name, value.clone());
            }
        }
        match self.is_head() {
            true => page.map(|_| Body::default()),
            false => page,
        }
    }

    fn open(&self, answer: Response<Body>) -> Response<Body> {
        match answer.status() {
            StatusCode::UNAUTHORIZED => Answer::json(StatusCode::OK, &serde_json::json!({})).finish(),
            _ => answer,
        }
    }
}

fn is_error(answer: &Response<Body>) -> bool {
    answer.status().is_client_error() || answer.status().is_server_error()
}
