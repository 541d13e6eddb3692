//! Redirects: a client that is sent elsewhere.

use std::time::Duration;

use serde::Deserialize;

/// Where a client is sent, and for how long what it finds there is good.
///
/// An address on the same or the second origin is one that works without a login, for that one request: the content is
/// there. One that was given out to read is good for nothing else. The second origin refuses a request with
/// credentials, with status 400, as storage services do.
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

/// Where a redirect leads.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum To {
    /// Another address of the registry itself.
    SameOrigin,
    /// The [second origin](oras_server::ServerOptions::with_second_origin); the same one where there is no second.
    SecondOrigin,
    /// The address that was asked: it never ends.
    Itself,
    /// Nowhere: there is no `Location`.
    Nowhere,
    /// This address, whatever is there.
    Url(String),
}

impl Redirect {
    /// A redirect with this status.
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

    /// How many redirects it takes to get to the content; 1 by default.
    #[must_use]
    pub fn with_hops(mut self, hops: u32) -> Self {
        self.hops = hops;
        self
    }

    /// How often the address can be asked; it answers with status 403 afterwards. Without a limit by default.
    #[must_use]
    pub fn with_uses(mut self, uses: u32) -> Self {
        self.uses = Some(uses);
        self
    }

    /// How long the address can be asked; it answers with status 403 afterwards. For ever by default.
    #[must_use]
    pub fn with_lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime_ms = Some(super::effect::millis(lifetime));
        self
    }
}
