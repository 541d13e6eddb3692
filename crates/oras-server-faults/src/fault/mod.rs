//! Faults: deliberate misbehaviour at selected requests.

mod armed;
mod detour;
mod effect;
pub(crate) mod gzip;
mod redirect;
mod replace;
mod request;
mod respond;
mod script;
mod serve;
mod spoil;
mod ticket;
mod ways;
mod wire;

use hyper::Method;
use oras_server::Route;
use serde::Deserialize;

pub use redirect::{Redirect, To};
pub use script::{Script, ScriptError};

pub(crate) use armed::Faults;
pub(crate) use detour::Detour;
pub(crate) use ticket::Tickets;

use request::Onward;

use effect::Effect;
use script::{Headers, Times};

/// A kind of misbehaviour, with the requests it applies to.
///
/// It acts on the first matching request, unless [`nth`](Self::nth) and [`times`](Self::times) say otherwise. Faults are
/// tried in the order in which they were injected; one that acts on a request hides it from the later ones.
///
/// [`Script`] has the same in JSON.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), oras_server::Error> {
/// use oras_server::{Route, ServerOptions};
/// use oras_server_faults::{Fault, Server};
///
/// let server = Server::start(ServerOptions::default()).await?;
/// server.inject(Fault::status(503).on_route(Route::Manifest).times(2));
/// server.inject(Fault::truncate(1000).on_route(Route::Blob));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Fault {
    #[serde(rename = "do", default)]
    effect: Effect,
    #[serde(default)]
    headers: Headers,
    #[serde(default, deserialize_with = "script::method")]
    method: Option<Method>,
    #[serde(default)]
    route: Option<Route>,
    #[serde(default)]
    repository: Option<String>,
    #[serde(default)]
    digest: Option<String>,
    #[serde(default)]
    storage: bool,
    #[serde(default = "script::first")]
    nth: u64,
    #[serde(default)]
    times: Times,
}

/// Selection of requests, and number of times.
impl Fault {
    /// Whether it sends clients to the second origin.
    fn needs_second_origin(&self) -> bool {
        match &self.effect {
            Effect::Redirect(redirect) => redirect.to == To::SecondOrigin,
            effect => *effect == Effect::ForeignLink,
        }
    }

    fn new(effect: Effect) -> Self {
        Self {
            effect,
            headers: Headers::default(),
            method: None,
            route: None,
            repository: None,
            digest: None,
            storage: false,
            nth: 1,
            times: Times::default(),
        }
    }

    /// Also changes a header of the response.
    ///
    /// # Panics
    ///
    /// `name` or `value` is invalid, or the header determines the length of the response.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: impl AsRef<str>) -> Self {
        let header = script::header(name, Some(value.as_ref()));
        self.headers
            .0
            .push(header.unwrap_or_else(|reason| panic!("{reason}")));
        self
    }

    /// Selects requests with this method.
    #[must_use]
    pub fn on_method(mut self, method: Method) -> Self {
        self.method = Some(method);
        self
    }

    /// Selects requests of this kind.
    #[must_use]
    pub fn on_route(mut self, route: Route) -> Self {
        self.route = Some(route);
        self
    }

    /// Selects requests of this repository.
    #[must_use]
    pub fn on_repository(mut self, repository: impl Into<String>) -> Self {
        self.repository = Some(repository.into());
        self
    }

    /// Selects requests that name this digest, in the path or as a parameter.
    #[must_use]
    pub fn on_digest(mut self, digest: impl ToString) -> Self {
        self.digest = Some(digest.to_string());
        self
    }

    /// Selects requests to a [redirect](Self::redirect) target. Without this, only the other requests are selected.
    #[must_use]
    pub fn on_storage(mut self) -> Self {
        self.storage = true;
        self
    }

    /// Starts with the `k`th matching request, counted from 1.
    #[must_use]
    pub fn nth(mut self, k: u64) -> Self {
        self.nth = k;
        self
    }

    /// Acts on this many requests in a row.
    #[must_use]
    pub fn times(mut self, times: u64) -> Self {
        self.times = Times(times);
        self
    }

    /// Acts on every matching request.
    #[must_use]
    pub fn always(self) -> Self {
        self.times(u64::MAX)
    }
}
