//! Connections: what the parts of one know of each other.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::wire::Wire;

/// The connection that a request came over.
///
/// A [`Layer`](crate::Layer) can end it, or take over what is written to it. Where there is none, because a
/// [`RegistryService`](crate::RegistryService) is called within a program, all of this has no effect.
#[derive(Debug, Default)]
pub struct Connection {
    id: u64,
    busy: AtomicUsize,
    /// Whether it became the client's turn since somebody looked.
    turned: AtomicBool,
    reset: AtomicBool,
    leaving: Notify,
    wire: Mutex<Option<Box<dyn Wire>>>,
}

impl Connection {
    pub(crate) fn new(id: u64) -> Arc<Self> {
        Arc::new(Self {
            id,
            ..Self::default()
        })
    }

    /// Its number at its origin, counted from 1; 0 where there is no connection.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// Says that a request is being handled, until the guard is dropped or given the client's turn.
    pub(crate) fn busy(self: &Arc<Self>) -> Busy {
        self.busy.fetch_add(1, Relaxed);
        Busy {
            connection: Arc::clone(self),
            is_ours: true,
        }
    }

    /// Makes the socket close with a reset instead of an orderly end.
    pub fn reset(&self) {
        self.reset.store(true, Relaxed);
    }

    /// Whether the socket is to close with a reset.
    pub(crate) fn is_reset(&self) -> bool {
        self.reset.load(Relaxed)
    }

    /// Makes the requests in flight the last ones, as a server does that shuts down: over HTTP/2 the client is told by
    /// `GOAWAY`.
    pub fn go_away(&self) {
        self.leaving.notify_one();
    }

    /// Writes all that follows by way of `wire`, in place of any other.
    pub fn rewire(&self, wire: Box<dyn Wire>) {
        *self.wire() = Some(wire);
    }

    /// What all is written by way of, if anything.
    pub(crate) fn wire(&self) -> MutexGuard<'_, Option<Box<dyn Wire>>> {
        self.wire.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether there is something to do for a request, or was since this was asked last.
    pub(crate) fn was_busy(&self) -> bool {
        let has_turned = self.turned.swap(false, Relaxed);
        has_turned || self.busy.load(Relaxed) > 0
    }

    /// Waits until the request in flight is to be the last one.
    pub(crate) async fn leaving(&self) {
        self.leaving.notified().await;
    }
}

/// A request in flight, for which it is the server's turn or the client's.
#[derive(Debug)]
pub(crate) struct Busy {
    connection: Arc<Connection>,
    is_ours: bool,
}

impl Busy {
    /// There is something to do for the request.
    pub(crate) fn our_turn(&mut self) {
        if !self.is_ours {
            self.is_ours = true;
            self.connection.busy.fetch_add(1, Relaxed);
        }
    }

    /// The client has to take what there is before anything more is done.
    pub(crate) fn clients_turn(&mut self) {
        if self.is_ours {
            self.is_ours = false;
            self.connection.turned.store(true, Relaxed);
            self.connection.busy.fetch_sub(1, Relaxed);
        }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.clients_turn();
    }
}
