//! Signals: an interrupted command is dropped, which leaves nothing half done.

use std::future::Future;
use std::io;

use crate::failure::Failure;

/// Runs `command` until it ends, or until the user or the system wants it to stop.
pub(crate) async fn until_interrupted(
    command: impl Future<Output = anyhow::Result<()>>,
) -> Result<(), Failure> {
    let mut stop = Stop::listen()?;
    tokio::select! {
        done = command => done.map_err(Failure::Error),
        signal = stop.told() => Err(Failure::Interrupted(128 + signal)),
    }
}

/// The signals that say to stop, from the moment on that this exists.
#[cfg(unix)]
pub(crate) struct Stop {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Stop {
    pub(crate) fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};

        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// The number of the signal, once there is one.
    pub(crate) async fn told(&mut self) -> u8 {
        tokio::select! {
            _ = self.interrupt.recv() => 2,
            _ = self.terminate.recv() => 15,
        }
    }
}

/// The signals that say to stop.
#[cfg(not(unix))]
pub(crate) struct Stop;

#[cfg(not(unix))]
impl Stop {
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self)
    }

    /// The number of the signal, once there is one.
    pub(crate) async fn told(&mut self) -> u8 {
        match tokio::signal::ctrl_c().await {
            Ok(()) => 2,
            Err(_) => std::future::pending().await,
        }
    }
}
