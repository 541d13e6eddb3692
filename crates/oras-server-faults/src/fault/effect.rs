//! Effects: the kinds of misbehaviour, by their names in scripts.

use std::time::Duration;

use serde::Deserialize;

use super::Redirect;

/// The effect on one request or its response. The methods of [`Fault`](super::Fault) document each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Effect {
    #[default]
    Nothing,
    #[serde(deserialize_with = "super::script::status")]
    Status(u16),
    RateLimited(String),
    Unauthorized,
    Html,
    Oversized(u64),
    Redirect(Redirect),
    Latency(u64),
    Hang,
    CloseRequest(u64),
    ResetRequest(u64),
    Keep(u64),
    ExpireTokens,
    LoseSession,
    RefuseStream,
    GoAway,
    WrongDigest,
    LoseAnswer,
    Truncate(u64),
    TruncateChunked(u64),
    TruncateUnframed(u64),
    Reset(u64),
    Flip(u64),
    Stall(Stall),
    Drip(Drip),
    Gzip,
    EndlessPages,
    PageLoop,
    ForeignLink,
    ContentLength(Lengths),
    ContentLengthAndChunked(Lengths),
    CloseAnswer(u64),
    ResetAnswer(u64),
    DripAnswer(Drip),
}

/// Where a body stalls, and for how many milliseconds; for ever without a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Stall {
    pub(super) at: u64,
    #[serde(default)]
    pub(super) ms: Option<u64>,
}

/// The number of bytes per write, and the milliseconds before each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Drip {
    pub(super) bytes: u64,
    pub(super) ms: u64,
}

impl Drip {
    pub(super) fn new(bytes: u64, wait: Duration) -> Self {
        Self {
            bytes,
            ms: millis(wait),
        }
    }

    /// Returns the bytes per write, at least one, because zero would never end.
    pub(super) fn step(self) -> usize {
        usize::try_from(self.bytes).unwrap_or(usize::MAX).max(1)
    }

    pub(super) fn wait(self) -> Duration {
        Duration::from_millis(self.ms)
    }
}

/// The values of `Content-Length`, one header each.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Lengths(pub(super) Vec<String>);

impl Lengths {
    pub(super) fn new<T: Into<String>>(values: impl IntoIterator<Item = T>) -> Self {
        Self(values.into_iter().map(Into::into).collect())
    }
}

pub(super) fn millis(wait: Duration) -> u64 {
    u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)
}
