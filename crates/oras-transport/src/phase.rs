//! `Phase`: the step of an exchange that timed out.

/// The step of an exchange that timed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Phase {
    /// TCP connect, proxy and TLS handshake.
    Connect,
    /// The peer accepting the next part of the request body.
    Send,
    /// The response head, after the whole request was sent.
    Head,
    /// The next part of the response body.
    Receive,
}

impl std::fmt::Display for Phase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Connect => "connecting to",
            Self::Send => "sending to",
            Self::Head => "waiting for an answer from",
            Self::Receive => "waiting for more from",
        })
    }
}
