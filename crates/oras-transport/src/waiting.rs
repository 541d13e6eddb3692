//! Waiting: telling the caller that a peer is silent before it is given up.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::error::Phase;
use crate::origin::Origin;

/// A peer that has been silent for a while.
///
/// Shown as `waiting for an answer of http://localhost:5000`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Waiting {
    /// The peer.
    pub origin: Origin,
    /// What it is waited for.
    pub phase: Phase,
}

impl fmt::Display for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.phase, self.origin)
    }
}

/// What is called with a [`Waiting`], and after how much silence.
#[derive(Clone)]
pub(crate) struct OnWaiting {
    pub(crate) after: Duration,
    pub(crate) call: Arc<dyn Fn(&Waiting) + Send + Sync>,
}

impl Default for OnWaiting {
    fn default() -> Self {
        Self {
            after: Duration::from_secs(10),
            call: Arc::new(|waiting| tracing::info!("{waiting}")),
        }
    }
}

impl fmt::Debug for OnWaiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnWaiting")
            .field("after", &self.after)
            .finish_non_exhaustive()
    }
}
