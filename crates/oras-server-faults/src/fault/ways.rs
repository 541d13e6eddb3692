//! Ways to misbehave: the constructors of faults, one for each effect.

use std::time::Duration;

use super::effect::{Drip, Effect, Lengths, Stall, millis};
use super::{Fault, Redirect, script};

/// What is answered in place of what was asked.
impl Fault {
    /// Answers with this status and an error document, without doing what was asked.
    ///
    /// # Panics
    ///
    /// `status` is not within 100 to 999.
    pub fn status(status: u16) -> Self {
        assert!((100..1000).contains(&status), "a fault needs a valid status");
        Self::new(Effect::Status(status))
    }

    /// Answers with status 429 and this `Retry-After`, which may be anything that a header can carry: seconds, a
    /// date, one that is past, nonsense.
    pub fn rate_limited(retry_after: impl Into<String>) -> Self {
        Self::new(Effect::RateLimited(retry_after.into()))
    }

    /// Answers with status 401 and the challenge of the registry, whatever the client showed.
    pub fn unauthorized() -> Self {
        Self::new(Effect::Unauthorized)
    }

    /// Answers with status 200 and a page of HTML, as web servers do that are no registry.
    pub fn html() -> Self {
        Self::new(Effect::Html)
    }

    /// Answers with status 200 and a manifest of `len` bytes.
    pub fn oversized(len: u64) -> Self {
        Self::new(Effect::Oversized(len))
    }

    /// Sends the client elsewhere.
    pub fn redirect(redirect: Redirect) -> Self {
        Self::new(Effect::Redirect(redirect))
    }
}

/// What happens to the request or its connection before it is handled.
impl Fault {
    /// Waits before the request is handled.
    pub fn latency(wait: Duration) -> Self {
        Self::new(Effect::Latency(millis(wait)))
    }

    /// Reads the request, and then neither does what was asked nor answers, until the client leaves.
    pub fn hang() -> Self {
        Self::new(Effect::Hang)
    }

    /// Closes the connection after `len` bytes of the request's body, without an answer. Nothing is done.
    pub fn close_request(len: u64) -> Self {
        Self::new(Effect::CloseRequest(len))
    }

    /// Resets the connection after `len` bytes of the request's body. Nothing is done.
    pub fn reset_request(len: u64) -> Self {
        Self::new(Effect::ResetRequest(len))
    }

    /// Takes only the first `len` bytes of the request's body, and answers as if that had been all.
    pub fn keep(len: u64) -> Self {
        Self::new(Effect::Keep(len))
    }

    /// Makes all tokens that were given out invalid, and then handles the request.
    pub fn expire_tokens() -> Self {
        Self::new(Effect::ExpireTokens)
    }

    /// Forgets the upload session that the request is about, and then handles the request.
    pub fn lose_session() -> Self {
        Self::new(Effect::LoseSession)
    }

    /// Refuses the stream of the request, with `REFUSED_STREAM`; over HTTP/1.1 the connection is closed. Nothing is
    /// done.
    pub fn refuse_stream() -> Self {
        Self::new(Effect::RefuseStream)
    }

    /// Handles the request, and tells the client, with `GOAWAY`, that it is the last one of the connection; over
    /// HTTP/1.1 with `Connection: close`.
    pub fn go_away() -> Self {
        Self::new(Effect::GoAway)
    }
}

/// What happens to the answer.
impl Fault {
    /// Changes a header of the answer, and nothing else. Where the answer has it more than once, all are replaced.
    ///
    /// # Panics
    ///
    /// `name` cannot be the name of a header, or `value` its value, or the header says how long the answer is.
    pub fn header(name: &str, value: impl AsRef<str>) -> Self {
        Self::new(Effect::Nothing).with_header(name, value)
    }

    /// Takes a header off the answer.
    ///
    /// # Panics
    ///
    /// `name` cannot be the name of a header, or the header says how long the answer is.
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

    /// Does what was asked, and closes the connection before the first byte of the answer.
    pub fn lose_answer() -> Self {
        Self::new(Effect::LoseAnswer)
    }

    /// Closes the connection after `len` bytes of the answer's body, which is announced as whole.
    pub fn truncate(len: u64) -> Self {
        Self::new(Effect::Truncate(len))
    }

    /// The same where the answer is sent in chunks, without a length: the last chunk never comes.
    pub fn truncate_chunked(len: u64) -> Self {
        Self::new(Effect::TruncateChunked(len))
    }

    /// The same where the end of the connection is the end of the answer: nothing shows that bytes are missing. Over
    /// HTTP/1.1 only; over HTTP/2 it is the same as [`truncate_chunked`](Self::truncate_chunked).
    pub fn truncate_unframed(len: u64) -> Self {
        Self::new(Effect::TruncateUnframed(len))
    }

    /// Resets the connection after `len` bytes of the answer's body.
    pub fn reset(len: u64) -> Self {
        Self::new(Effect::Reset(len))
    }

    /// Inverts the byte of the answer's body at this position. A shorter body stays as it is.
    pub fn flip(position: u64) -> Self {
        Self::new(Effect::Flip(position))
    }

    /// Stops the answer's body after `len` bytes, until the client leaves.
    pub fn stall(len: u64) -> Self {
        Self::new(Effect::Stall(Stall { at: len, ms: None }))
    }

    /// Stops the answer's body after `len` bytes, and goes on after a while.
    pub fn stall_for(len: u64, wait: Duration) -> Self {
        Self::new(Effect::Stall(Stall {
            at: len,
            ms: Some(millis(wait)),
        }))
    }

    /// Sends the answer's body a few bytes at a time, with a wait before each.
    pub fn drip(bytes: u64, wait: Duration) -> Self {
        Self::new(Effect::Drip(Drip::new(bytes, wait)))
    }

    /// Compresses the answer's body, and says so, whatever the client accepts.
    pub fn gzip() -> Self {
        Self::new(Effect::Gzip)
    }

    /// Makes every answer to a request for a list end in a link to one more page, which is the same one again under
    /// another address.
    pub fn endless_pages() -> Self {
        Self::new(Effect::EndlessPages)
    }

    /// Makes the answer to a request for a list link to itself as the next page.
    pub fn page_loop() -> Self {
        Self::new(Effect::PageLoop)
    }

    /// Makes the answer to a request for a list link to the second origin for the next page.
    pub fn foreign_link() -> Self {
        Self::new(Effect::ForeignLink)
    }
}

/// What happens to the bytes of the answer on the connection, from its first line on. These act over HTTP/1.1 only, and
/// the connection closes after the answer.
impl Fault {
    /// Replaces the answer's `Content-Length` by these values, one header each, right or wrong.
    pub fn content_length<T: Into<String>>(values: impl IntoIterator<Item = T>) -> Self {
        Self::new(Effect::ContentLength(Lengths::new(values)))
    }

    /// Sends the answer in chunks, and with these values of `Content-Length` all the same.
    pub fn content_length_and_chunked<T: Into<String>>(values: impl IntoIterator<Item = T>) -> Self {
        Self::new(Effect::ContentLengthAndChunked(Lengths::new(values)))
    }

    /// Closes the connection after `len` bytes of the answer, its head included.
    pub fn close_answer(len: u64) -> Self {
        Self::new(Effect::CloseAnswer(len))
    }

    /// Resets the connection after `len` bytes of the answer, its head included.
    pub fn reset_answer(len: u64) -> Self {
        Self::new(Effect::ResetAnswer(len))
    }

    /// Sends the answer, its head included, a few bytes at a time, with a wait before each.
    pub fn drip_answer(bytes: u64, wait: Duration) -> Self {
        Self::new(Effect::DripAnswer(Drip::new(bytes, wait)))
    }
}
