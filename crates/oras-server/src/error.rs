//! Errors: the error codes of responses, and the reasons why a server does not start.

use std::net::SocketAddr;

use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::{Response, StatusCode};
use oras_content::{Error as StoreError, ErrorChain, ErrorKind};
use serde_json::{Value, json};

use crate::body::Body;

/// The reason why a server does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The server cannot listen on the address.
    #[error("cannot listen on {addr}")]
    Bind {
        /// The requested address.
        addr: SocketAddr,
        /// The system's error.
        source: std::io::Error,
    },
    /// The folder cannot be served.
    #[error("cannot serve {what}")]
    Backend {
        /// The folder.
        what: String,
        /// The cause.
        source: oras_content::BoxError,
    },
    /// The users cannot be read.
    #[error("cannot take the users of {what}")]
    Users {
        /// The file, and the line number if a single line is invalid.
        what: String,
        /// The cause, and what to do.
        source: oras_content::BoxError,
    },
    /// A certificate or a key cannot be used.
    #[error("cannot use {what} for TLS")]
    Tls {
        /// The file, or which certificate or key it is.
        what: String,
        /// The cause.
        source: oras_content::BoxError,
    },
}

/// The code of an error response.
///
/// Spec: distribution-spec v1.1, "Error Codes".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    BlobUnknown,
    BlobUploadInvalid,
    BlobUploadUnknown,
    Denied,
    DigestInvalid,
    ManifestBlobUnknown,
    ManifestInvalid,
    ManifestUnknown,
    NameInvalid,
    NameUnknown,
    PaginationNumberInvalid,
    PreconditionFailed,
    RangeInvalid,
    SizeInvalid,
    TagInvalid,
    TooManyRequests,
    Unauthorized,
    Unknown,
    Unsupported,
}

impl Code {
    pub(crate) fn text(self) -> &'static str {
        self.row().0
    }

    /// Returns the text of the code, and its default status.
    fn row(self) -> (&'static str, StatusCode) {
        match self {
            Self::BlobUnknown => ("BLOB_UNKNOWN", StatusCode::NOT_FOUND),
            Self::BlobUploadInvalid => ("BLOB_UPLOAD_INVALID", StatusCode::BAD_REQUEST),
            Self::BlobUploadUnknown => ("BLOB_UPLOAD_UNKNOWN", StatusCode::NOT_FOUND),
            Self::Denied => ("DENIED", StatusCode::FORBIDDEN),
            Self::DigestInvalid => ("DIGEST_INVALID", StatusCode::BAD_REQUEST),
            Self::ManifestBlobUnknown => ("MANIFEST_BLOB_UNKNOWN", StatusCode::NOT_FOUND),
            Self::ManifestInvalid => ("MANIFEST_INVALID", StatusCode::BAD_REQUEST),
            Self::ManifestUnknown => ("MANIFEST_UNKNOWN", StatusCode::NOT_FOUND),
            Self::NameInvalid => ("NAME_INVALID", StatusCode::BAD_REQUEST),
            Self::NameUnknown => ("NAME_UNKNOWN", StatusCode::NOT_FOUND),
            Self::PaginationNumberInvalid => ("PAGINATION_NUMBER_INVALID", StatusCode::BAD_REQUEST),
            Self::PreconditionFailed => ("PRECONDITION_FAILED", StatusCode::PRECONDITION_FAILED),
            Self::RangeInvalid => ("RANGE_INVALID", StatusCode::RANGE_NOT_SATISFIABLE),
            Self::SizeInvalid => ("SIZE_INVALID", StatusCode::BAD_REQUEST),
            Self::TagInvalid => ("TAG_INVALID", StatusCode::BAD_REQUEST),
            Self::TooManyRequests => ("TOOMANYREQUESTS", StatusCode::TOO_MANY_REQUESTS),
            Self::Unauthorized => ("UNAUTHORIZED", StatusCode::UNAUTHORIZED),
            Self::Unknown => ("UNKNOWN", StatusCode::INTERNAL_SERVER_ERROR),
            Self::Unsupported => ("UNSUPPORTED", StatusCode::METHOD_NOT_ALLOWED),
        }
    }
}

/// A failed request: an error response under construction.
#[derive(Debug)]
pub struct Failure {
    code: Code,
    status: StatusCode,
    message: String,
    details: Vec<Value>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

/// The result of handling a request, or of a part of it.
pub(crate) type Result<T, E = Failure> = std::result::Result<T, E>;

impl Failure {
    /// Creates a failure with the default status of its code.
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            status: code.row().1,
            message: message.into(),
            details: Vec::new(),
            headers: Vec::new(),
        }
    }

    /// Converts an error of a store; `missing` is the code for missing content.
    pub(crate) fn of_store(error: StoreError, missing: Code) -> Self {
        let code = match error.kind() {
            ErrorKind::NotFound => missing,
            ErrorKind::Denied => Code::Denied,
            ErrorKind::InvalidDigest | ErrorKind::Verify => Code::DigestInvalid,
            ErrorKind::InvalidManifest | ErrorKind::InvalidMediaType => Code::ManifestInvalid,
            ErrorKind::InvalidReference => Code::TagInvalid,
            ErrorKind::MissingContent => Code::ManifestBlobUnknown,
            ErrorKind::Refused | ErrorKind::PathTraversal => Code::NameInvalid,
            ErrorKind::SizeExceedsLimit { .. } => Code::SizeInvalid,
            ErrorKind::Unsupported => Code::Unsupported,
            _ => return Self::internal(&error),
        };
        Self::new(code, ErrorChain(&error).to_string())
    }

    /// Creates a failure of the server. The cause is logged and not sent to the client, except for a full disk, so that
    /// clients do not retry at once.
    pub(crate) fn internal(error: &(dyn std::error::Error + 'static)) -> Self {
        tracing::error!(error = %ErrorChain(error), "the store failed");
        match is_full(error) {
            true => Self::new(Code::Unknown, "the registry has no room left")
                .with_status(StatusCode::INSUFFICIENT_STORAGE),
            false => Self::new(Code::Unknown, "the registry failed; its log says why"),
        }
    }

    /// Sets the status.
    pub(crate) fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// Sets the message.
    pub(crate) fn with_message(mut self, message: impl Into<String>) -> Self {
        self.message = message.into();
        self
    }

    /// Adds a `detail`; each becomes an entry of its own.
    pub(crate) fn with_detail(mut self, detail: Value) -> Self {
        self.details.push(detail);
        self
    }

    /// Adds a header.
    pub(crate) fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Builds the response: status, headers, and the error document.
    pub fn into_answer(self) -> Response<Body> {
        let mut answer = Response::new(Body::from(self.document().to_string().into_bytes()));
        *answer.status_mut() = self.status;
        let json = HeaderValue::from_static("application/json");
        answer.headers_mut().insert(CONTENT_TYPE, json);
        answer.headers_mut().extend(self.headers);
        answer
    }

    fn document(&self) -> Value {
        let code = self.code.text();
        let entry = |detail: Option<&Value>| match detail {
            Some(detail) => json!({ "code": code, "message": self.message, "detail": detail }),
            None => json!({ "code": code, "message": self.message }),
        };
        let entries: Vec<Value> = match self.details.is_empty() {
            true => vec![entry(None)],
            false => self.details.iter().map(|detail| entry(Some(detail))).collect(),
        };
        json!({ "errors": entries })
    }
}

/// Whether a disk or a quota is full.
fn is_full(error: &(dyn std::error::Error + 'static)) -> bool {
    use std::io::ErrorKind::{QuotaExceeded, StorageFull};

    std::iter::successors(error.source(), |cause| cause.source())
        .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
        .any(|cause| matches!(cause.kind(), StorageFull | QuotaExceeded))
}

impl From<oras_content::InvalidDigest> for Failure {
    fn from(error: oras_content::InvalidDigest) -> Self {
        Self::new(Code::DigestInvalid, error.to_string())
    }
}
