//! Responses: their common parts.

use std::fmt::Display;

use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, ETAG, HeaderName, HeaderValue, LOCATION};
use hyper::{Response, StatusCode};
use oras_content::{Descriptor, Digest};
use serde_json::Value;

use crate::body::Body;

pub(crate) const DOCKER_CONTENT_DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");
pub(crate) const OCI_CHUNK_MIN_LENGTH: HeaderName = HeaderName::from_static("oci-chunk-min-length");
pub(crate) const OCI_FILTERS_APPLIED: HeaderName = HeaderName::from_static("oci-filters-applied");
pub(crate) const OCI_SUBJECT: HeaderName = HeaderName::from_static("oci-subject");
pub(crate) const OCI_TAG: HeaderName = HeaderName::from_static("oci-tag");

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
    pub(crate) fn json(document: &Value) -> Self {
        Self::new(StatusCode::OK)
            .with(CONTENT_TYPE, "application/json")
            .with_body(document.to_string())
    }

    /// Sets the status.
    pub(crate) fn with_status(mut self, status: StatusCode) -> Self {
        *self.response.status_mut() = status;
        self
    }

    /// Adds a header.
    ///
    /// Values are built from checked names, numbers and received headers, so they are valid in a header. An invalid one
    /// would be left out.
    pub(crate) fn with(mut self, name: HeaderName, value: impl Display) -> Self {
        if let Ok(value) = HeaderValue::try_from(value.to_string()) {
            self.response.headers_mut().append(name, value);
        }
        self
    }

    /// Adds the headers that identify content: digest and entity tag.
    pub(crate) fn with_digest(self, digest: &Digest) -> Self {
        self.with(DOCKER_CONTENT_DIGEST, digest).with(ETAG, etag(digest))
    }

    pub(crate) fn with_location(self, path: impl Display) -> Self {
        self.with(LOCATION, path)
    }

    /// Adds a body of known length.
    pub(crate) fn with_body(mut self, body: impl Into<Body>) -> Self {
        *self.response.body_mut() = body.into();
        self
    }

    /// Adds a body that is read while it is sent, with its length.
    pub(crate) fn with_stream(self, body: Body, len: u64) -> Self {
        self.with(CONTENT_LENGTH, len).with_body(body)
    }

    pub(crate) fn finish(self) -> Response<Body> {
        self.response
    }
}

/// Returns the entity tag of content: its digest.
pub(crate) fn etag(digest: &Digest) -> String {
    format!("\"{digest}\"")
}

/// Creates the response for a client that already has the content.
pub(crate) fn not_modified(content: &Descriptor) -> Response<Body> {
    Answer::new(StatusCode::NOT_MODIFIED)
        .with_digest(&content.digest)
        .finish()
}
