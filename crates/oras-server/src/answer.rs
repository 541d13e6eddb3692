//! Answers: what most of them have in common.

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

/// An answer in the making.
pub(crate) struct Answer {
    response: Response<Body>,
}

impl Answer {
    pub(crate) fn new(status: StatusCode) -> Self {
        let mut response = Response::new(Body::default());
        *response.status_mut() = status;
        Self { response }
    }

    /// A JSON document.
    pub(crate) fn json(document: &Value) -> Self {
        Self::new(StatusCode::OK)
            .with(CONTENT_TYPE, "application/json")
            .with_body(document.to_string())
    }

    /// The same answer with another status.
    pub(crate) fn with_status(mut self, status: StatusCode) -> Self {
        *self.response.status_mut() = status;
        self
    }

    /// Adds a header.
    ///
    /// Its value is made of checked names, of numbers and of what came in a header: no text that a header cannot
    /// carry gets this far, and if one did, it would be left out.
    pub(crate) fn with(mut self, name: HeaderName, value: impl Display) -> Self {
        if let Ok(value) = HeaderValue::try_from(value.to_string()) {
            self.response.headers_mut().append(name, value);
        }
        self
    }

    /// Adds the headers that name content: digest and entity tag.
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

    /// Adds a body that is read while it is sent, and says how long it will be.
    pub(crate) fn with_stream(self, body: Body, len: u64) -> Self {
        self.with(CONTENT_LENGTH, len).with_body(body)
    }

    pub(crate) fn finish(self) -> Response<Body> {
        self.response
    }
}

/// The entity tag of content: its digest.
pub(crate) fn etag(digest: &Digest) -> String {
    format!("\"{digest}\"")
}

/// The answer to a client that has the content already.
pub(crate) fn not_modified(content: &Descriptor) -> Response<Body> {
    Answer::new(StatusCode::NOT_MODIFIED)
        .with_digest(&content.digest)
        .finish()
}
