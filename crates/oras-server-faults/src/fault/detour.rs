//! Detours: addresses that stand for others.

use hyper::Uri;
use hyper::http::request::Parts;

use super::ticket::Found;
use crate::layer::FaultLayer;

/// The target of a request's address.
#[derive(Debug)]
pub(crate) struct Detour {
    /// The content, if the address is a ticket.
    pub(super) ticket: Option<Found>,
    /// The real address, if a quirk invented the address.
    pub(super) meaning: Option<Uri>,
}

impl Detour {
    pub(crate) fn of(layer: &FaultLayer, head: &Parts) -> Self {
        let ticket = layer.tickets.find(&head.method, &head.uri);
        let asked = ticket.as_ref().and_then(Found::content).unwrap_or(&head.uri);
        Self {
            meaning: layer.quirks.meaning(&head.method, asked),
            ticket,
        }
    }

    /// Returns the address that `asked` stands for.
    pub(crate) fn target<'a>(&'a self, asked: &'a Uri) -> &'a Uri {
        let content = self.ticket.as_ref().and_then(Found::content);
        self.meaning.as_ref().or(content).unwrap_or(asked)
    }

    /// Whether a quirk invented the address.
    pub(crate) fn is_alias(&self) -> bool {
        self.meaning.is_some()
    }
}
