//! Connections: state that the parts of a connection share.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::wire::Wire;

/// The connection that a request came over.
///
/// A [`Layer`](crate::Layer) can end the connection, or control how it is written. If there is no connection, because a
/// [`RegistryService`](crate::RegistryService) is called within a program, its methods have no effect.
#[derive(Debug, Default)]
pub struct Connection {
    id: u64,
    busy: AtomicUsize,
    /// Whether the server waited for the client since the last check.
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

    /// Returns the connection's number at its origin, counted from 1; 0 without a connection.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// Marks a request as being handled, until the guard is dropped or waits for the client.
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

    /// Whether the socket will close with a reset.
    pub(crate) fn is_reset(&self) -> bool {
        self.reset.load(Relaxed)
    }

    /// Makes the current requests the last ones, as a server does at shutdown: HTTP/2 clients get a `GOAWAY`.
    pub fn go_away(&self) {
        self.leaving.notify_one();
    }

    /// Writes everything from now on through `wire`, which replaces any earlier one.
    pub fn rewire(&self, wire: Box<dyn Wire>) {
        *self.wire() = Some(wire);
    }

    /// Returns the wire that everything is written through, if any.
    pub(crate) fn wire(&self) -> MutexGuard<'_, Option<Box<dyn Wire>>> {
        self.wire.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a request is being handled, or was since the last call.
    pub(crate) fn was_busy(&self) -> bool {
        let has_turned = self.turned.swap(false, Relaxed);
        has_turned || self.busy.load(Relaxed) > 0
    }

    /// Waits until the current request is to be the last one.
    pub(crate) async fn leaving(&self) {
        self.leaving.notified().await;
    }
}

/// A request in progress, which waits for the server or for the client.
#[derive(Debug)]
pub(crate) struct Busy {
    connection: Arc<Connection>,
    is_ours: bool,
}

impl Busy {
    /// The server has work to do for the request.
    pub(crate) fn our_turn(&mut self) {
        if !self.is_ours {
            self.is_ours = true;
            self.connection.busy.fetch_add(1, Relaxed);
        }
    }

    /// The client has to read before the server continues.
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
