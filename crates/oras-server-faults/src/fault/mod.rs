//! Faults: a registry that misbehaves on purpose, at the requests of your choice.

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

/// One way to misbehave, and for which requests.
///
/// It acts on the first request that fits, unless [`nth`](Self::nth) and [`times`](Self::times) say otherwise. Of
/// several faults, those injected first are asked first; one that acts on a request hides it from those after it.
///
/// The same can be said in JSON, see [`Script`].
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

/// Which requests, and how often.
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

    /// Changes a header of the answer as well.
    ///
    /// # Panics
    ///
    /// `name` cannot be the name of a header, or `value` its value, or the header says how long the answer is.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: impl AsRef<str>) -> Self {
        let header = script::header(name, Some(value.as_ref()));
        self.headers
            .0
            .push(header.unwrap_or_else(|reason| panic!("{reason}")));
        self
    }

    /// Only requests with this method.
    #[must_use]
    pub fn on_method(mut self, method: Method) -> Self {
        self.method = Some(method);
        self
    }

    /// Only requests of this kind.
    #[must_use]
    pub fn on_route(mut self, route: Route) -> Self {
        self.route = Some(route);
        self
    }

    /// Only requests about this repository.
    #[must_use]
    pub fn on_repository(mut self, repository: impl Into<String>) -> Self {
        self.repository = Some(repository.into());
        self
    }

    /// Only requests that name this digest, in their path or as a parameter.
    #[must_use]
    pub fn on_digest(mut self, digest: impl ToString) -> Self {
        self.digest = Some(digest.to_string());
        self
    }

    /// Only requests to where a [redirect](Self::redirect) led. Without, only the others.
    #[must_use]
    pub fn on_storage(mut self) -> Self {
        self.storage = true;
        self
    }

    /// Starts with the `k`th request that fits, counted from 1.
    #[must_use]
    pub fn nth(mut self, k: u64) -> Self {
        self.nth = k;
        self
    }

    /// Acts on so many requests in a row.
    #[must_use]
    pub fn times(mut self, times: u64) -> Self {
        self.times = Times(times);
        self
    }

    /// Acts on every request from the first on.
    #[must_use]
    pub fn always(self) -> Self {
        self.times(u64::MAX)
    }
}
