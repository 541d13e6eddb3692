//! Calls: a request as its handler sees it.

use hyper::header::{AsHeaderName, HeaderMap};
use hyper::http::request::Parts;
use hyper::{Method, Uri};

use crate::access::{Caller, Permission};
use crate::body::Incoming;
use crate::error::{Code, Failure, Result};
use crate::page::Page;
use crate::query::Query;

/// The head of a request, its parameters, its body, and its repository.
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) query: Query,
    pub(crate) body: Incoming,
    /// The checked name of the repository; empty if the route has none.
    pub(crate) repository: String,
    /// The sender; anonymous until access is checked.
    pub(crate) caller: Caller,
}

impl Call {
    pub(crate) fn new(head: Parts, repository: Option<String>, body: Incoming) -> Self {
        Self {
            query: Query::of(&head.uri),
            method: head.method,
            uri: head.uri,
            headers: head.headers,
            repository: repository.unwrap_or_default(),
            body,
            caller: Caller::Anonymous(Permission::None),
        }
    }

    /// Whether the response needs only a head.
    pub(crate) fn is_head(&self) -> bool {
        self.method == Method::HEAD
    }

    /// Returns a header, if it is present and valid text.
    pub(crate) fn header(&self, name: impl AsHeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Returns the requested page of a listing, of at most `cap` entries.
    pub(crate) fn page(&self, cap: usize) -> Result<Page> {
        Page::of(&self.query, cap)
    }

    /// Returns a path in this repository, for a `Location` or `Link`.
    pub(crate) fn path_to(&self, rest: impl std::fmt::Display) -> String {
        format!("/v2/{}/{rest}", self.repository)
    }

    /// Returns the failure for a method that the route does not support.
    pub(crate) fn not_allowed(&self, allowed: &'static str) -> Failure {
        let message = format!("{} is not supported here", self.method);
        Failure::new(Code::Unsupported, message).with_header(
            hyper::header::ALLOW,
            hyper::header::HeaderValue::from_static(allowed),
        )
    }
}
