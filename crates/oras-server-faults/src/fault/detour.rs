//! Detours: addresses that stand for another one.

use hyper::Uri;
use hyper::http::request::Parts;

use super::ticket::Found;
use crate::layer::FaultLayer;

/// What the address of a request stands for.
#[derive(Debug)]
pub(crate) struct Detour {
    /// What is there, where it is an address that was given out.
    pub(super) ticket: Option<Found>,
    /// What it means, where a quirk made it up.
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

    /// The address that `asked` stands for.
    pub(crate) fn target<'a>(&'a self, asked: &'a Uri) -> &'a Uri {
        let content = self.ticket.as_ref().and_then(Found::content);
        self.meaning.as_ref().or(content).unwrap_or(asked)
    }

    /// Whether a quirk made the address up.
    pub(crate) fn is_alias(&self) -> bool {
        self.meaning.is_some()
    }
}
