//! The faults a request may meet.

use oras_server_faults::Fault;

/// How often a fault acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meets {
    Once,
    /// On every request from the chosen one on.
    Always,
}

pub(super) struct Named {
    pub(super) name: &'static str,
    make: fn() -> Fault,
    /// Whether it is retried with delays, so that a command takes long if it is permanent.
    pub(super) passes: bool,
}

pub(super) const FAULTS: [Named; 14] = [
    passing("reset before the head", || Fault::reset_answer(0)),
    passing("cut in the answer", || Fault::truncate(3)),
    passing("cut in the request", || Fault::close_request(1)),
    passing("lost answer", Fault::lose_answer),
    passing("500", || Fault::status(500)),
    passing("503", || Fault::status(503).with_header("retry-after", "0")),
    passing("429", || Fault::rate_limited("0")),
    lasting("401", Fault::unauthorized),
    lasting("bare 401", || Fault::status(401)),
    lasting("403", || Fault::status(403)),
    lasting("404", || Fault::status(404)),
    lasting("html", Fault::html),
    lasting("wrong byte", || Fault::flip(2)),
    lasting("wrong digest", Fault::wrong_digest),
];

const fn passing(name: &'static str, make: fn() -> Fault) -> Named {
    let passes = true;
    Named { name, make, passes }
}

const fn lasting(name: &'static str, make: fn() -> Fault) -> Named {
    let passes = false;
    Named { name, make, passes }
}

impl Named {
    pub(super) fn at(&self, nth: u64, meets: Meets) -> Fault {
        let fault = (self.make)().nth(nth);
        match meets {
            Meets::Once => fault,
            Meets::Always => fault.always(),
        }
    }

    /// Whether registries use this answer to say that they lack a referrers API or other content.
    pub(super) fn says_no(&self) -> bool {
        ["404", "html"].contains(&self.name)
    }
}
