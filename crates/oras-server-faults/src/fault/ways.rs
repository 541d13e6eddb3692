//! The constructors of faults, one for each effect.

use std::time::Duration;

use super::effect::{Drip, Effect, Lengths, Stall, millis};
use super::{Fault, Redirect, script};

/// Responses that replace the registry's own.
impl Fault {
    /// Answers with this status and an error document, without handling the request.
    ///
    /// # Panics
    ///
    /// `status` is not within 100 to 999.
    pub fn status(status: u16) -> Self {
        assert!((100..1000).contains(&status), "a fault needs a valid status");
        Self::new(Effect::Status(status))
    }

    /// Answers with status 429 and this `Retry-After`, which may be any header value: seconds, a date, a date in the past,
    /// nonsense.
    pub fn rate_limited(retry_after: impl Into<String>) -> Self {
        Self::new(Effect::RateLimited(retry_after.into()))
    }

    /// Answers with status 401 and the challenge of the registry, whatever credential the client sent.
    pub fn unauthorized() -> Self {
        Self::new(Effect::Unauthorized)
    }

    /// Answers with status 200 and an HTML page, as web servers do that are not registries.
    pub fn html() -> Self {
        Self::new(Effect::Html)
    }

    /// Answers with status 200 and a manifest of `len` bytes.
    pub fn oversized(len: u64) -> Self {
        Self::new(Effect::Oversized(len))
    }

    /// Redirects the client.
    pub fn redirect(redirect: Redirect) -> Self {
        Self::new(Effect::Redirect(redirect))
    }
}

/// Effects on the request or its connection before it is handled.
impl Fault {
    /// Delays the handling of the request.
    pub fn latency(wait: Duration) -> Self {
        Self::new(Effect::Latency(millis(wait)))
    }

    /// Reads the request, and then neither handles nor answers it until the client leaves.
    pub fn hang() -> Self {
        Self::new(Effect::Hang)
    }

    /// Closes the connection after `len` bytes of the request's body, without a response. The request is not handled.
    pub fn close_request(len: u64) -> Self {
        Self::new(Effect::CloseRequest(len))
    }

    /// Resets the connection after `len` bytes of the request's body. The request is not handled.
    pub fn reset_request(len: u64) -> Self {
        Self::new(Effect::ResetRequest(len))
    }

    /// Keeps only the first `len` bytes of the request's body, and answers as if that were all.
    pub fn keep(len: u64) -> Self {
        Self::new(Effect::Keep(len))
    }

    /// Invalidates all issued tokens, and then handles the request.
    pub fn expire_tokens() -> Self {
        Self::new(Effect::ExpireTokens)
    }

    /// Removes the upload session of the request, and then handles the request.
    pub fn lose_session() -> Self {
        Self::new(Effect::LoseSession)
    }

    /// Refuses the stream of the request, with `REFUSED_STREAM`; over HTTP/1.1 the connection is closed. The request is not
    /// handled.
    pub fn refuse_stream() -> Self {
        Self::new(Effect::RefuseStream)
    }

    /// Handles the request, and tells the client by `GOAWAY` that it is the last one of the connection; over HTTP/1.1 by
    /// `Connection: close`.
    pub fn go_away() -> Self {
        Self::new(Effect::GoAway)
    }
}

/// Effects on the response.
impl Fault {
    /// Changes a header of the response, and nothing else. All occurrences are replaced.
    ///
    /// # Panics
    ///
    /// `name` or `value` is invalid, or the header determines the length of the response.
    pub fn header(name: &str, value: impl AsRef<str>) -> Self {
        Self::new(Effect::Nothing).with_header(name, value)
    }

    /// Removes a header of the response.
    ///
    /// # Panics
    ///
    /// `name` is invalid, or the header determines the length of the response.
    pub fn without_header(name: &str) -> Self {
        let header = script::header(name, None).unwrap_or_else(|reason| panic!("{reason}"));
        let mut fault = Self::new(Effect::Nothing);
        fault.headers.0.push(header);
        fault
    }

    /// Answers with a digest header that names other content.
    pub fn wrong_digest() -> Self {
        Self::new(Effect::WrongDigest)
    }

    /// Handles the request, and closes the connection before the first byte of the response.
    pub fn lose_answer() -> Self {
        Self::new(Effect::LoseAnswer)
    }

    /// Closes the connection after `len` bytes of the response's body, although the full length is announced.
    pub fn truncate(len: u64) -> Self {
        Self::new(Effect::Truncate(len))
    }

    /// Like [`truncate`](Self::truncate), for a chunked response without a length: the last chunk never arrives.
    pub fn truncate_chunked(len: u64) -> Self {
        Self::new(Effect::TruncateChunked(len))
    }

    /// Like [`truncate`](Self::truncate), for a response that ends with the connection: nothing shows that bytes are missing. Over HTTP/1.1
    /// only; over HTTP/2 it is the same as [`truncate_chunked`](Self::truncate_chunked).
    pub fn truncate_unframed(len: u64) -> Self {
        Self::new(Effect::TruncateUnframed(len))
    }

    /// Resets the connection after `len` bytes of the response's body.
    pub fn reset(len: u64) -> Self {
        Self::new(Effect::Reset(len))
    }

    /// Inverts the byte of the response's body at this position. A shorter body is unchanged.
    pub fn flip(position: u64) -> Self {
        Self::new(Effect::Flip(position))
    }

    /// Stalls the response's body after `len` bytes, until the client leaves.
    pub fn stall(len: u64) -> Self {
        Self::new(Effect::Stall(Stall { at: len, ms: None }))
    }

    /// Stalls the response's body after `len` bytes, and continues after a while.
    pub fn stall_for(len: u64, wait: Duration) -> Self {
        Self::new(Effect::Stall(Stall {
            at: len,
            ms: Some(millis(wait)),
        }))
    }

    /// Sends the response's body a few bytes at a time, with a wait before each.
    pub fn drip(bytes: u64, wait: Duration) -> Self {
        Self::new(Effect::Drip(Drip::new(bytes, wait)))
    }

    /// Compresses the response's body and labels it, whatever the client accepts.
    pub fn gzip() -> Self {
        Self::new(Effect::Gzip)
    }

    /// Makes every listing end in a link to another page, which is the same one under another address.
    pub fn endless_pages() -> Self {
        Self::new(Effect::EndlessPages)
    }

    /// Makes a listing link to itself as the next page.
    pub fn page_loop() -> Self {
        Self::new(Effect::PageLoop)
    }

    /// Makes a listing link to the second origin for the next page.
    pub fn foreign_link() -> Self {
        Self::new(Effect::ForeignLink)
    }
}

/// Effects on the bytes of the response on the connection, from its first line on. These act over HTTP/1.1 only, and the
/// connection closes after the response.
/// the connection closes after the answer.
impl Fault {
    /// Replaces the response's `Content-Length` by these values, one header each, right or wrong.
    pub fn content_length<T: Into<String>>(values: impl IntoIterator<Item = T>) -> Self {
        Self::new(Effect::ContentLength(Lengths::new(values)))
    }

    /// Sends the response chunked, and nevertheless with these values of `Content-Length`.
    pub fn content_length_and_chunked<T: Into<String>>(values: impl IntoIterator<Item = T>) -> Self {
        Self::new(Effect::ContentLengthAndChunked(Lengths::new(values)))
    }

    /// Closes the connection after `len` bytes of the response, including its head.
    pub fn close_answer(len: u64) -> Self {
        Self::new(Effect::CloseAnswer(len))
    }

    /// Resets the connection after `len` bytes of the response, including its head.
    pub fn reset_answer(len: u64) -> Self {
        Self::new(Effect::ResetAnswer(len))
    }

    /// Sends the response, including its head, a few bytes at a time, with a wait before each.
    pub fn drip_answer(bytes: u64, wait: Duration) -> Self {
        Self::new(Effect::DripAnswer(Drip::new(bytes, wait)))
    }
}
