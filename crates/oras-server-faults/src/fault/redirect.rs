//! Redirects: sending clients elsewhere.

use std::time::Duration;

use serde::Deserialize;

/// A redirect target, and how long it works.
///
/// An address on the same or the second origin has the content and works without a login, for the request it was issued for.
/// One that was issued for reading permits nothing else. The second origin refuses requests with credentials with status
/// 400, as storage services do.
///
/// ```
/// use oras_server::Route;
/// use oras_server_faults::{Fault, Redirect, To};
///
/// let redirect = Redirect::new(307, To::SecondOrigin).with_uses(1);
/// let fault = Fault::redirect(redirect).on_route(Route::Blob).always();
/// # drop(fault);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Redirect {
    #[serde(deserialize_with = "super::script::status")]
    pub(super) status: u16,
    pub(super) to: To,
    #[serde(default = "super::script::one_hop")]
    pub(super) hops: u32,
    #[serde(default)]
    pub(super) uses: Option<u32>,
    #[serde(default)]
    pub(super) lifetime_ms: Option<u64>,
}

/// The target of a redirect.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum To {
    /// Another address of the registry itself.
    SameOrigin,
    /// The [second origin](oras_server::ServerOptions::with_second_origin), or the same one if there is no second.
    SecondOrigin,
    /// The requested address itself, without end.
    Itself,
    /// None: the response has no `Location`.
    Nowhere,
    /// This address, whatever it is.
    Url(String),
}

impl Redirect {
    /// Creates a redirect with this status.
    ///
    /// # Panics
    ///
    /// `status` is not within 100 to 999.
    pub fn new(status: u16, to: To) -> Self {
        assert!((100..1000).contains(&status), "a redirect needs a valid status");
        Self {
            status,
            to,
            hops: 1,
            uses: None,
            lifetime_ms: None,
        }
    }

    /// Sets the number of redirects on the way to the content; 1 by default.
    #[must_use]
    pub fn with_hops(mut self, hops: u32) -> Self {
        self.hops = hops;
        self
    }

    /// Sets how often the address works before it answers with status 403. Without a limit by default.
    #[must_use]
    pub fn with_uses(mut self, uses: u32) -> Self {
        self.uses = Some(uses);
        self
    }

    /// Sets how long the address works before it answers with status 403. For ever by default.
    #[must_use]
    pub fn with_lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime_ms = Some(super::effect::millis(lifetime));
        self
    }
}
