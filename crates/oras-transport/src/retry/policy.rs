//! `RetryPolicy`: whether a failed attempt is followed by another, and when.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::{Method, StatusCode};

use crate::transient::Transient;

/// The longest that a request is held back by default because its origin asked for patience.
const MAX_HOLD: Duration = Duration::from_secs(60);

/// Decides whether a failed attempt is followed by another, and after how long.
///
/// [`RetryOptions`](crate::RetryOptions) is the default. [`RetryLayer`](crate::RetryLayer) is the only loop: it copies
/// the request, reads unwanted answers away, waits and counts. A policy keeps no state of a request, since
/// [`FailedAttempt`] carries all of it. The layer never sends a body twice that can be read only once, or a request
/// with [`NoRetry`](crate::NoRetry), whatever the policy says, and it ends after 1000 attempts.
///
/// ```
/// use std::time::Duration;
///
/// use oras_transport::{Decision, FailedAttempt, Failure, RetryLayer, RetryPolicy};
///
/// /// Repeats reads that the server was too busy for, twice.
/// #[derive(Debug)]
/// struct Patient;
///
/// impl RetryPolicy for Patient {
///     fn decide(&self, attempt: &FailedAttempt<'_>) -> Decision {
///         match attempt.failure {
///             Failure::Status(status) if status == 503 && attempt.is_repeatable && attempt.number < 3 => {
///                 Decision::WaitFor(attempt.retry_after.unwrap_or(Duration::from_secs(1)))
///             }
///             _ => Decision::Stop,
///         }
///     }
/// }
///
/// let layer = RetryLayer::new(Patient);
/// # let _ = layer;
/// ```
pub trait RetryPolicy: fmt::Debug + Send + Sync {
    /// Decides about an attempt that ended in an error, or in an answer with a status of 400 or more.
    fn decide(&self, attempt: &FailedAttempt<'_>) -> Decision;

    /// How long a request is held back whose origin answered another one with 429 and has `left` to wait; `None` sends
    /// it at once. `waited` is how long this request has waited already. It is asked again after each wait.
    ///
    /// Default: as long as is left, up to 60 s in all.
    fn hold_back(&self, left: Duration, waited: Duration) -> Option<Duration> {
        (waited.saturating_add(left) <= MAX_HOLD).then_some(left)
    }
}

impl<P: RetryPolicy + ?Sized> RetryPolicy for Arc<P> {
    fn decide(&self, attempt: &FailedAttempt<'_>) -> Decision {
        (**self).decide(attempt)
    }

    fn hold_back(&self, left: Duration, waited: Duration) -> Option<Duration> {
        (**self).hold_back(left, waited)
    }
}

/// What follows a failed attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Nothing: the caller gets the answer or the error as it is.
    Stop,
    /// Another attempt, after this wait.
    WaitFor(Duration),
}

/// An attempt that failed, as a [`RetryPolicy`] sees it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct FailedAttempt<'a> {
    /// The request's method.
    pub method: &'a Method,
    /// Whether the request may be carried out twice: by its method, or because it says so by
    /// [`Repeatable`](crate::Repeatable).
    ///
    /// Spec: RFC 9110, section 9.2.2, "Idempotent Methods".
    pub is_repeatable: bool,
    /// Whether its body can be sent again.
    pub is_replayable: bool,
    /// How it failed.
    pub failure: Failure,
    /// Which attempt it was, counted from 1.
    pub number: u32,
    /// How many attempts in a row, up to this one, met with silence or a refused connection.
    pub unanswered: u32,
    /// Since the first attempt began, waits included.
    pub elapsed: Duration,
    /// How much of it was spent waiting between attempts.
    pub waited: Duration,
    /// How long the server asks to wait.
    ///
    /// Spec: RFC 9110, section 10.2.3, "Retry-After".
    pub retry_after: Option<Duration>,
}

impl<'a> FailedAttempt<'a> {
    /// The first attempt of a request with this method and a body that can be sent again, which failed at once.
    pub fn new(method: &'a Method, failure: Failure) -> Self {
        Self {
            method,
            is_repeatable: is_idempotent(method),
            is_replayable: true,
            failure,
            number: 1,
            unanswered: u32::from(failure.is_unanswered()),
            elapsed: Duration::ZERO,
            waited: Duration::ZERO,
            retry_after: None,
        }
    }
}

/// Of the idempotent methods those that the protocol uses.
///
/// Spec: RFC 9110, section 9.2.2, "Idempotent Methods".
pub(crate) fn is_idempotent(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::PUT | Method::DELETE)
}

/// How an attempt failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Failure {
    /// By an answer.
    Status(StatusCode),
    /// Without an answer.
    Error {
        /// What kind of error it was.
        kind: FailureKind,
        /// Whether the request certainly never reached the server.
        is_unsent: bool,
    },
}

impl Failure {
    pub(crate) fn of_error(error: &impl Transient) -> Self {
        let kind = if !error.is_transient() {
            FailureKind::Permanent
        } else if error.is_silence() {
            FailureKind::Silence
        } else if error.is_refused() {
            FailureKind::Refused
        } else {
            FailureKind::Interrupted
        };
        Self::Error {
            kind,
            is_unsent: error.is_unsent(),
        }
    }

    /// Whether the server was silent or nothing listens at its address.
    pub(crate) fn is_unanswered(self) -> bool {
        matches!(
            self,
            Self::Error {
                kind: FailureKind::Silence | FailureKind::Refused,
                ..
            }
        )
    }
}

/// What kind of error ended an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FailureKind {
    /// The server was silent, or as good as silent, for as long as it may be.
    Silence,
    /// Nothing listens at the server's address.
    Refused,
    /// The exchange was interrupted otherwise; the same request may succeed a moment later.
    Interrupted,
    /// The same request would fail again.
    Permanent,
}
