//! Errors: what a registry answers, code by code, and why a server does not start.

use std::net::SocketAddr;

use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::{Response, StatusCode};
use oras_content::{Error as StoreError, ErrorChain, ErrorKind};
use serde_json::{Value, json};

use crate::body::Body;

/// Why a server does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The address cannot be listened on.
    #[error("cannot listen on {addr}")]
    Bind {
        /// The address asked for.
        addr: SocketAddr,
        /// What the system reported.
        source: std::io::Error,
    },
    /// The folder cannot be served.
    #[error("cannot serve {what}")]
    Backend {
        /// The folder.
        what: String,
        /// What is wrong with it.
        source: oras_content::BoxError,
    },
    /// The users cannot be read.
    #[error("cannot take the users of {what}")]
    Users {
        /// The file, and the number of the line where it is one line that is wrong.
        what: String,
        /// What is wrong with it, and what to do.
        source: oras_content::BoxError,
    },
    /// A certificate or a key cannot be used.
    #[error("cannot use {what} for TLS")]
    Tls {
        /// The file, or which of them it is.
        what: String,
        /// What is wrong with it.
        source: oras_content::BoxError,
    },
}

/// The code of an error answer.
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

    /// The text of the code, and the status it comes with unless the failure says otherwise.
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

/// A request that was not fulfilled: the error answer in the making.
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
    /// A failure with the status of its code.
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            status: code.row().1,
            message: message.into(),
            details: Vec::new(),
            headers: Vec::new(),
        }
    }

    /// What a store reported; `missing` is the code for content that is not there.
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

    /// A failure that is not the client's. What happened goes to the log, not to the client, but for a disk that is
    /// full: nobody need try again at once.
    pub(crate) fn internal(error: &(dyn std::error::Error + 'static)) -> Self {
        tracing::error!(error = %ErrorChain(error), "the store failed");
        match is_full(error) {
            true => Self::new(Code::Unknown, "the registry has no room left")
                .with_status(StatusCode::INSUFFICIENT_STORAGE),
            false => Self::new(Code::Unknown, "the registry failed; its log says why"),
        }
    }

    /// The same failure with another status.
    pub(crate) fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// The same failure, explained otherwise.
    pub(crate) fn with_message(mut self, message: impl Into<String>) -> Self {
        self.message = message.into();
        self
    }

    /// The same failure with one more `detail`; each makes an entry of its own.
    pub(crate) fn with_detail(mut self, detail: Value) -> Self {
        self.details.push(detail);
        self
    }

    /// The same failure with one more header.
    pub(crate) fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// The answer: status, headers, and the error document.
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
