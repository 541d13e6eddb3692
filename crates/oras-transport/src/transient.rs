//! `Transient`: whether an error is transient.

use std::time::Duration;

/// Classifies errors for retries.
///
/// [`RetryLayer`](crate::RetryLayer) works with any inner error that implements this.
pub trait Transient {
    /// Returns `true` if the same request may succeed a moment later.
    fn is_transient(&self) -> bool;

    /// Returns `true` if the peer was silent until the timeout, or sent too slowly. Waiting that long is worth only one
    /// retry.
    fn is_silence(&self) -> bool {
        false
    }

    /// Returns `true` if nothing listens at the address of the peer, which does not change within seconds.
    fn is_refused(&self) -> bool {
        false
    }

    /// Returns how long the peer asks to wait before a retry, if it does.
    fn retry_after(&self) -> Option<Duration> {
        None
    }

    /// Returns `true` if the request certainly never reached the peer, so that even one with side effects may be
    /// retried.
    fn is_unsent(&self) -> bool {
        false
    }
}
