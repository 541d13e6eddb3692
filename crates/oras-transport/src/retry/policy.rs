//! `RetryPolicy`: decides whether and when to retry a failed attempt.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::{Method, StatusCode};

use crate::transient::Transient;

/// The longest that a request is held back by default because its origin limits the rate.
const MAX_HOLD: Duration = Duration::from_secs(60);

/// Decides whether a failed attempt is retried, and after how long.
///
/// [`RetryOptions`](crate::RetryOptions) is the default. [`RetryLayer`](crate::RetryLayer) is the only loop: it copies
/// the request, drains discarded responses, waits and counts. A policy keeps no state of a request, because
/// [`FailedAttempt`] has all of it. Whatever the policy decides, the layer never retries a body that can be read only
/// once, or a request with [`NoRetry`](crate::NoRetry), and it stops after 1000 attempts.
///
/// ```
/// use std::time::Duration;
///
/// use oras_transport::{Decision, FailedAttempt, Failure, RetryLayer, RetryPolicy};
///
/// /// Retries idempotent requests twice while the server is unavailable.
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
    /// Decides about an attempt that ended in an error, or in a response with a status of 400 or more.
    fn decide(&self, attempt: &FailedAttempt<'_>) -> Decision;

    /// Returns how long to hold back a request whose origin answered another one with 429. `left` is the rest of that
    /// delay, and `waited` the time this request has waited already. `None` sends the request at once. Called again
    /// after each wait.
    ///
    /// Default: `left`, up to 60 s in all.
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

/// What to do after a failed attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Stop: the caller gets the response or the error as it is.
    Stop,
    /// Retry after this wait.
    WaitFor(Duration),
}

/// A failed attempt, as passed to a [`RetryPolicy`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct FailedAttempt<'a> {
    /// The method of the request.
    pub method: &'a Method,
    /// Whether the request may be carried out twice: by its method, or because it is marked
    /// [`Repeatable`](crate::Repeatable).
    ///
    /// Spec: RFC 9110, section 9.2.2, "Idempotent Methods".
    pub is_repeatable: bool,
    /// Whether its body can be sent again.
    pub is_replayable: bool,
    /// The failure.
    pub failure: Failure,
    /// The number of the attempt, from 1.
    pub number: u32,
    /// The number of attempts in a row, up to this one, that timed out or were refused a connection.
    pub unanswered: u32,
    /// The time since the first attempt began, including waits.
    pub elapsed: Duration,
    /// The time spent waiting between attempts.
    pub waited: Duration,
    /// The wait that the server asks for.
    ///
    /// Spec: RFC 9110, section 10.2.3, "Retry-After".
    pub retry_after: Option<Duration>,
}

impl<'a> FailedAttempt<'a> {
    /// Creates the first attempt of a request with this method and a replayable body, which failed at once.
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

/// Whether a method is idempotent. Only methods that the protocol uses are listed.
///
/// Spec: RFC 9110, section 9.2.2, "Idempotent Methods".
pub(crate) fn is_idempotent(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::PUT | Method::DELETE)
}

/// How an attempt failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Failure {
    /// With an error response.
    Status(StatusCode),
    /// Without a response.
    Error {
        /// The kind of error.
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

    /// Whether the server timed out or refused the connection.
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

/// The kind of error that ended an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FailureKind {
    /// The server was silent until the timeout, or sent too slowly.
    Silence,
    /// Nothing listens at the address of the server.
    Refused,
    /// The exchange was interrupted in another way. The same request may succeed a moment later.
    Interrupted,
    /// The same request would fail again.
    Permanent,
}
