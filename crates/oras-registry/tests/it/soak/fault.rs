//! Random faults.

use std::fmt;

use fastrand::Rng;
use http::Method;
use oras_server::Route;
use oras_server_faults::{Fault, Redirect, To};

/// A fault and its name.
#[derive(Clone)]
pub(super) struct Trouble {
    pub(super) fault: Fault,
    pub(super) name: String,
    /// The number of requests it acts on.
    pub(super) times: u64,
    /// Whether it denies existing content, or claims missing content.
    pub(super) is_lie: bool,
    /// Whether it may keep a client from cancelling an upload, or from knowing about it.
    pub(super) hides_uploads: bool,
}

impl fmt::Debug for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

type Made = (&'static str, fn(u64) -> Fault, bool);

const MADE: [Made; 24] = [
    ("500", |_| Fault::status(500), false),
    ("503", |_| Fault::status(503), false),
    ("404", |_| Fault::status(404), true),
    ("403", |_| Fault::status(403), false),
    ("400", |_| Fault::status(400), false),
    ("413", |_| Fault::status(413), false),
    ("416", |_| Fault::status(416), false),
    ("204", |_| Fault::status(204), true),
    ("429 in a second", |_| Fault::rate_limited("1"), false),
    ("429 in an hour", |_| Fault::rate_limited("3600"), false),
    ("401", |_| Fault::unauthorized(), false),
    ("tokens expire", |_| Fault::expire_tokens(), false),
    ("html", |_| Fault::html(), true),
    (
        "latency",
        |n| Fault::latency(std::time::Duration::from_millis(n)),
        false,
    ),
    ("close request", Fault::close_request, false),
    ("reset request", Fault::reset_request, false),
    ("keep", Fault::keep, false),
    ("lose session", |_| Fault::lose_session(), false),
    ("wrong digest", |_| Fault::wrong_digest(), false),
    ("lose answer", |_| Fault::lose_answer(), false),
    ("truncate", Fault::truncate, false),
    ("truncate chunked", Fault::truncate_chunked, false),
    ("flip", Fault::flip, false),
    ("refuse stream", |_| Fault::refuse_stream(), false),
];

/// Faults that use up a connection, or time.
const AT_SOCKETS: [Made; 14] = [
    ("hang", |_| Fault::hang(), false),
    ("stall", Fault::stall, false),
    ("close answer", Fault::close_answer, false),
    ("reset answer", Fault::reset_answer, false),
    ("reset", Fault::reset, false),
    ("truncate unframed", Fault::truncate_unframed, false),
    (
        "content-length",
        |n| Fault::content_length([n.to_string()]),
        false,
    ),
    (
        "two content-lengths",
        |n| Fault::content_length(["1".to_owned(), n.to_string()]),
        false,
    ),
    (
        "content-length and chunks",
        |n| Fault::content_length_and_chunked([n.to_string()]),
        false,
    ),
    ("go away", |_| Fault::go_away(), false),
    (
        "redirect",
        |_| Fault::redirect(Redirect::new(307, To::SecondOrigin)),
        false,
    ),
    (
        "redirect here",
        |_| Fault::redirect(Redirect::new(302, To::SameOrigin).with_uses(1)),
        false,
    ),
    (
        "redirect to itself",
        |_| Fault::redirect(Redirect::new(307, To::Itself)),
        false,
    ),
    (
        "redirect nowhere",
        |_| Fault::redirect(Redirect::new(307, To::Nowhere)),
        false,
    ),
];

const ROUTES: [Option<Route>; 8] = [
    None,
    Some(Route::Blob),
    Some(Route::Uploads),
    Some(Route::Upload),
    Some(Route::Manifest),
    Some(Route::Manifest),
    Some(Route::Token),
    Some(Route::Referrers),
];

const METHODS: [Option<Method>; 7] = [
    None,
    None,
    Some(Method::GET),
    Some(Method::HEAD),
    Some(Method::PUT),
    Some(Method::POST),
    Some(Method::DELETE),
];

pub(super) fn troubles(rng: &mut Rng, is_registry: bool, has_sockets: bool) -> Vec<Trouble> {
    let count = match rng.u8(..4) {
        _ if !is_registry => 0,
        0 | 1 => 0,
        2 => 1,
        _ => rng.usize(1..5),
    };
    (0..count).map(|_| trouble(rng, has_sockets)).collect()
}

fn trouble(rng: &mut Rng, has_sockets: bool) -> Trouble {
    let (name, make, is_lie) = match has_sockets && rng.bool() {
        true => AT_SOCKETS[rng.usize(..AT_SOCKETS.len())],
        false => MADE[rng.usize(..MADE.len())],
    };
    let len = [0, 1, 3, 50, 1000, 100_000][rng.usize(..6)];
    let route = ROUTES[rng.usize(..ROUTES.len())];
    let method = METHODS[rng.usize(..METHODS.len())].clone();
    let nth = rng.u64(1..10);
    let times = [1, 1, 2, 8, u64::MAX][rng.usize(..5)];
    let mut fault = make(len).nth(nth).times(times);
    if let Some(route) = route {
        fault = fault.on_route(route);
    }
    if let Some(method) = &method {
        fault = fault.on_method(method.clone());
    }
    Trouble {
        fault,
        name: format!("{name}({len}) on {method:?} {route:?} nth {nth} times {times}"),
        times,
        is_lie,
        hides_uploads: route
            .is_none_or(|route| [Route::Uploads, Route::Upload, Route::Token].contains(&route)),
    }
}
