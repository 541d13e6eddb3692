//! The start of a body, for the log.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderMap};

/// Maximum number of bytes logged of a body: 4 KiB.
const MOST: usize = 4 * 1024;

/// The target of the trace events that log bodies.
pub(crate) const TARGET: &str = "oras_transport::body";

/// The first bytes of a textual response.
#[derive(Debug, Default)]
pub(crate) struct ShownBody {
    text: Vec<u8>,
    is_cut: bool,
}

impl ShownBody {
    /// Returns `None` if the body is not textual, or is not to be logged.
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        let is_wanted = tracing::enabled!(target: TARGET, tracing::Level::TRACE);
        (is_wanted && is_text(headers)).then(Self::default)
    }

    pub(crate) fn push(&mut self, frame: &Bytes) {
        let room = MOST - self.text.len();
        self.is_cut |= frame.len() > room;
        self.text.extend_from_slice(&frame[..frame.len().min(room)]);
    }

    pub(crate) fn log(&self) {
        let text = String::from_utf8_lossy(&self.text);
        let end = if self.is_cut { "…" } else { "" };
        tracing::trace!(target: TARGET, "{}{end}", text.escape_debug());
    }
}

fn is_text(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind
        .unwrap_or_default()
        .split(';')
        .next()
        .unwrap_or_default()
        .trim();
    kind.starts_with("text/") || kind == "application/json" || kind.ends_with("+json")
}
