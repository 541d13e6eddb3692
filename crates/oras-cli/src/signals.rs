//! Signals: an interrupted command is dropped, which leaves nothing half done.

use std::future::Future;

use crate::failure::Failure;

/// Runs `command` until it ends, or until the user or the system wants it to stop.
pub(crate) async fn until_interrupted(
    command: impl Future<Output = anyhow::Result<()>>,
) -> Result<(), Failure> {
    tokio::select! {
        done = command => done.map_err(Failure::Error),
        signal = stop() => Err(Failure::Interrupted(128 + signal)),
    }
}

/// The number of the signal that says to stop.
#[cfg(unix)]
pub(crate) async fn stop() -> u8 {
    use tokio::signal::unix::{SignalKind, signal};

    let (interrupt, terminate) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()));
    let (Ok(mut interrupt), Ok(mut terminate)) = (interrupt, terminate) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => 2,
        _ = terminate.recv() => 15,
    }
}

/// The number of the signal that says to stop.
#[cfg(not(unix))]
pub(crate) async fn stop() -> u8 {
    match tokio::signal::ctrl_c().await {
        Ok(()) => 2,
        Err(_) => std::future::pending().await,
    }
}
