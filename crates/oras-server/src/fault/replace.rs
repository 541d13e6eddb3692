//! Answers that take the place of the registry's own.

use bytes::Bytes;
use futures_util::stream;
use http_body_util::StreamBody;
use hyper::body::Frame;
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderValue, LOCATION, RETRY_AFTER};
use hyper::http::request::Parts;
use hyper::{Response, StatusCode, Uri};
use oras_content::MediaType;

use super::{Redirect, Tickets, To};
use crate::answer::Answer;
use crate::body::Body;
use crate::error::{Code, Failure};
use crate::origin::{Origin, Origins};

const MESSAGE: &str = "this answer was asked for";

pub(super) fn status(status: u16) -> Response<Body> {
    let failure = Failure::new(Code::Unknown, MESSAGE);
    let status = StatusCode::from_u16(status).expect("faults are made with valid statuses only");
    failure.with_status(status).into_answer()
}

pub(super) fn rate_limited(retry_after: &str) -> Response<Body> {
    let mut failure = Failure::new(Code::TooManyRequests, MESSAGE);
    if let Ok(value) = HeaderValue::from_str(retry_after) {
        failure = failure.with_header(RETRY_AFTER, value);
    }
    failure.into_answer()
}

pub(super) fn html() -> Response<Body> {
    Answer::new(StatusCode::OK)
        .with(CONTENT_TYPE, "text/html; charset=utf-8")
        .with_body("<!doctype html><title>Log in</title><p>Please log in.\n")
        .finish()
}

/// A manifest that is a list of spaces and nothing else.
pub(super) fn oversized(len: u64) -> Response<Body> {
    const FRAME: Bytes = Bytes::from_static(&[b' '; 64 * 1024]);
    let frames = stream::unfold(len, |left| async move {
        let frame = FRAME.slice(..FRAME.len().min(usize::try_from(left).unwrap_or(usize::MAX)));
        let rest = left - frame.len() as u64;
        (!frame.is_empty()).then_some((Ok(Frame::data(frame)), rest))
    });
    Answer::new(StatusCode::OK)
        .with(CONTENT_TYPE, MediaType::OCI_MANIFEST)
        .with(CONTENT_LENGTH, len)
        .with_body(Body::boxed(StreamBody::new(frames)))
        .finish()
}

/// The answer that sends a client elsewhere for `target`, which it asked for at `asked`.
pub(crate) fn redirect(
    redirect: &Redirect,
    origins: &Origins,
    tickets: &Tickets,
    asked: &Parts,
    target: &str,
) -> Response<Body> {
    let elsewhere = |origin| {
        let root = origins.root(origin).or_else(|| origins.root(Origin::First));
        format!(
            "{}{}",
            root.unwrap_or_default(),
            tickets.give(redirect, &asked.method, target)
        )
    };
    let location = match &redirect.to {
        To::SameOrigin => Some(elsewhere(Origin::First)),
        To::SecondOrigin => Some(elsewhere(Origin::Second)),
        To::Itself => Some(path_of(&asked.uri)),
        To::Nowhere => None,
        To::Url(url) => Some(url.clone()),
    };
    let status = StatusCode::from_u16(redirect.status).expect("redirects are made with valid statuses only");
    let answer = Answer::new(status).with(CONTENT_LENGTH, 0);
    match location {
        Some(location) => answer.with(LOCATION, location).finish(),
        None => answer.finish(),
    }
}

/// Path and query.
pub(super) fn path_of(uri: &Uri) -> String {
    uri.path_and_query().map_or("/", |path| path.as_str()).to_owned()
}

/// The answer of a storage service to an address that is not valid any more.
pub(crate) fn expired() -> Response<Body> {
    Answer::new(StatusCode::FORBIDDEN)
        .with(CONTENT_TYPE, "application/xml")
        .with_body("<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>\n")
        .finish()
}

/// The answer of a storage service to credentials that are not for it.
pub(crate) fn two_credentials() -> Response<Body> {
    Answer::new(StatusCode::BAD_REQUEST)
        .with(CONTENT_TYPE, "application/xml")
        .with_body(
            "<Error><Code>InvalidArgument</Code><Message>Only one auth mechanism allowed</Message></Error>\n",
        )
        .finish()
}
