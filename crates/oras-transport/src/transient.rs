//! `Transient`: whether an error may pass.

use std::time::Duration;

/// Says whether trying again may help.
///
/// [`RetryLayer`](crate::RetryLayer) works over any inner error that implements this.
pub trait Transient {
    /// Whether the same request may succeed a moment later.
    fn is_transient(&self) -> bool;

    /// Whether the peer was silent, or as good as silent, for as long as it may be: waiting that long once more is
    /// all that is worth it.
    fn is_silence(&self) -> bool {
        false
    }

    /// Whether nothing listens at the peer's address, which does not change within seconds.
    fn is_refused(&self) -> bool {
        false
    }

    /// How long the peer asks to wait before the same request, if it says so.
    fn retry_after(&self) -> Option<Duration> {
        None
    }

    /// Whether the request certainly never reached the peer, so that even one with side effects may be repeated.
    fn is_unsent(&self) -> bool {
        false
    }
}
