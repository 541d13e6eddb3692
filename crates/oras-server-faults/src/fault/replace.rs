//! Responses that replace those of the registry.

use bytes::Bytes;
use futures_util::stream;
use http_body_util::StreamBody;
use hyper::body::Frame;
use hyper::header::{CONTENT_TYPE, RETRY_AFTER};
use hyper::http::request::Parts;
use hyper::{Response, StatusCode, Uri};
use oras_content::MediaType;
use oras_server::{Body, Next, Origin};

use super::{Redirect, Tickets, To};
use crate::answer::Answer;

const MESSAGE: &str = "this answer was asked for";

pub(super) fn status(status: u16) -> Response<Body> {
    let status = StatusCode::from_u16(status).expect("faults are made with valid statuses only");
    Answer::error(status, "UNKNOWN", MESSAGE).finish()
}

pub(super) fn rate_limited(retry_after: &str) -> Response<Body> {
    Answer::error(StatusCode::TOO_MANY_REQUESTS, "TOOMANYREQUESTS", MESSAGE)
        .with(RETRY_AFTER, retry_after)
        .finish()
}

pub(super) fn html() -> Response<Body> {
    let page = "<!doctype html><title>Log in</title><p>Please log in.\n";
    Answer::html(StatusCode::OK, page).finish()
}

/// Returns a manifest that is a list with nothing but spaces.
pub(super) fn oversized(len: u64) -> Response<Body> {
    const FRAME: Bytes = Bytes::from_static(&[b' '; 64 * 1024]);
    let frames = stream::unfold(len, |left| async move {
        let frame = FRAME.slice(..FRAME.len().min(usize::try_from(left).unwrap_or(usize::MAX)));
        let rest = left - frame.len() as u64;
        (!frame.is_empty()).then_some((Ok(Frame::data(frame)), rest))
    });
    Answer::new(StatusCode::OK)
        .with(CONTENT_TYPE, MediaType::OCI_MANIFEST)
        .with_length(len)
        .with_body(Body::boxed(StreamBody::new(frames)))
        .finish()
}

/// Returns the response that redirects a client to `target`, requested at `asked`.
pub(crate) fn redirect(
    redirect: &Redirect,
    next: &Next,
    tickets: &Tickets,
    asked: &Parts,
    target: &str,
) -> Response<Body> {
    let elsewhere = |origin| {
        let root = next.root(origin).or_else(|| next.root(Origin::First));
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
    let answer = Answer::new(status).with_length(0);
    match location {
        Some(location) => answer.with_location(location).finish(),
        None => answer.finish(),
    }
}

/// Returns path and query.
pub(super) fn path_of(uri: &Uri) -> String {
    uri.path_and_query().map_or("/", |path| path.as_str()).to_owned()
}

/// Returns the response of a storage service to an expired address.
pub(crate) fn expired() -> Response<Body> {
    Answer::new(StatusCode::FORBIDDEN)
        .with(CONTENT_TYPE, "application/xml")
        .with_body("<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>\n")
        .finish()
}

/// Returns the response of a storage service to unexpected credentials.
pub(crate) fn two_credentials() -> Response<Body> {
    Answer::new(StatusCode::BAD_REQUEST)
        .with(CONTENT_TYPE, "application/xml")
        .with_body(
            "<Error><Code>InvalidArgument</Code><Message>Only one auth mechanism allowed</Message></Error>\n",
        )
        .finish()
}
