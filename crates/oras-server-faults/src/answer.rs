//! Responses that replace those of the registry.

use std::fmt::Display;

use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue, LOCATION};
use hyper::{Response, StatusCode};
use oras_server::Body;
use serde_json::{Value, json};

pub(crate) const API_VERSION: HeaderName = HeaderName::from_static("docker-distribution-api-version");
pub(crate) const DOCKER_CONTENT_DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");

/// A response under construction.
pub(crate) struct Answer {
    response: Response<Body>,
}

impl Answer {
    pub(crate) fn new(status: StatusCode) -> Self {
        let mut response = Response::new(Body::default());
        *response.status_mut() = status;
        Self { response }
    }

    /// Creates a JSON response.
    pub(crate) fn json(status: StatusCode, document: &Value) -> Self {
        Self::new(status)
            .with(CONTENT_TYPE, "application/json")
            .with_body(document.to_string())
    }

    /// Creates an error document with this code.
    ///
    /// Spec: distribution-spec v1.1, "Error Codes".
    pub(crate) fn error(status: StatusCode, code: &str, message: &str) -> Self {
        Self::json(
            status,
            &json!({ "errors": [{ "code": code, "message": message }] }),
        )
    }

    /// Creates an HTML page.
    pub(crate) fn html(status: StatusCode, page: impl Into<Body>) -> Self {
        Self::new(status)
            .with(CONTENT_TYPE, "text/html; charset=utf-8")
            .with_body(page)
    }

    /// Adds a header. An invalid value is left out.
    pub(crate) fn with(mut self, name: HeaderName, value: impl Display) -> Self {
        if let Ok(value) = HeaderValue::try_from(value.to_string()) {
            self.response.headers_mut().append(name, value);
        }
        self
    }

    pub(crate) fn with_location(self, address: impl Display) -> Self {
        self.with(LOCATION, address)
    }

    pub(crate) fn with_length(self, len: u64) -> Self {
        self.with(CONTENT_LENGTH, len)
    }

    pub(crate) fn with_body(mut self, body: impl Into<Body>) -> Self {
        *self.response.body_mut() = body.into();
        self
    }

    pub(crate) fn finish(self) -> Response<Body> {
        self.response
    }
}
