//! Tickets: addresses of content that work without a login.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use hyper::{Method, Uri};

use super::Redirect;

const PREFIX: &str = "/storage/";
/// Maximum number of tickets; beyond it, all are removed.
const MAX_TICKETS: usize = 100_000;

/// The issued addresses, at `/storage/NAME`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tickets {
    names: Arc<Names>,
    open: Arc<Mutex<HashMap<String, Ticket>>>,
}

#[derive(Clone, Debug)]
struct Ticket {
    /// Path and query of the content.
    target: String,
    /// Whether it was issued for reading, and permits nothing else.
    is_to_read: bool,
    uses: Option<u32>,
    until: Option<Instant>,
    /// The next redirect, before the content.
    next: Option<Redirect>,
}

/// The target of a ticket's address.
#[derive(Debug)]
pub(crate) enum Found {
    /// The content at this address of the registry.
    Content(Uri),
    /// Another redirect on the way to this address.
    Redirect(Redirect, String),
    /// Expired, or never issued.
    Expired,
}

impl Found {
    /// Returns the address of the content.
    pub(crate) fn content(&self) -> Option<&Uri> {
        match self {
            Self::Content(uri) => Some(uri),
            _ => None,
        }
    }
}

impl Tickets {
    /// Issues a ticket for `target`, a path with its query, and returns its path. `method` is that of the request.
    pub(crate) fn give(&self, redirect: &Redirect, method: &Method, target: &str) -> String {
        let lifetime = redirect.lifetime_ms.map(Duration::from_millis);
        let hops = redirect.hops.saturating_sub(1);
        let next = Redirect {
            hops,
            ..redirect.clone()
        };
        self.insert(Ticket {
            target: target.to_owned(),
            is_to_read: is_read(method),
            uses: redirect.uses,
            until: lifetime.map(|lifetime| Instant::now() + lifetime),
            next: (hops > 0).then_some(next),
        })
    }

    fn insert(&self, ticket: Ticket) -> String {
        let name = self.names.next();
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.len() >= MAX_TICKETS {
            open.clear();
        }
        open.insert(name.clone(), ticket);
        format!("{PREFIX}{name}")
    }

    /// Returns the target of an address; `None` if it is not a ticket.
    pub(crate) fn find(&self, method: &Method, uri: &Uri) -> Option<Found> {
        let name = uri.path().strip_prefix(PREFIX)?;
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let ticket = open.get_mut(name).filter(|ticket| ticket.is_valid(method));
        let Some(ticket) = ticket else {
            return Some(Found::Expired);
        };
        ticket.uses = ticket.uses.map(|uses| uses - 1);
        if let Some(next) = &ticket.next {
            return Some(Found::Redirect(next.clone(), ticket.target.clone()));
        }
        Some(ticket.content(uri.query()))
    }
}

impl Ticket {
    fn is_valid(&self, method: &Method) -> bool {
        (is_read(method) || !self.is_to_read)
            && self.uses != Some(0)
            && self.until.is_none_or(|until| Instant::now() < until)
    }

    /// Returns the content, with the parameters of the request.
    fn content(&self, query: Option<&str>) -> Found {
        let text = match query {
            None => self.target.clone(),
            Some(query) if self.target.contains('?') => format!("{}&{query}", self.target),
            Some(query) => format!("{}?{query}", self.target),
        };
        text.parse().map_or(Found::Expired, Found::Content)
    }
}

fn is_read(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

/// A source of unguessable names: a keyed hash of a counter.
#[derive(Debug, Default)]
struct Names {
    keys: [RandomState; 2],
    counter: AtomicU64,
}

impl Names {
    /// Returns a new name: 32 hexadecimal digits.
    fn next(&self) -> String {
        let count = self.counter.fetch_add(1, Relaxed);
        let [first, second] = &self.keys;
        format!("{:016x}{:016x}", first.hash_one(count), second.hash_one(count))
    }
}
