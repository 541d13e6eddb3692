//! Signals: an interrupted command is dropped, which leaves nothing half-written.

use std::future::Future;
use std::io;

use crate::failure::Failure;
use crate::store::cancel_uploads;

/// Runs `command` until it ends, or until the user or the system stops it. Uploads that a failure leaves open are cancelled,
/// unless that takes too long.
pub(crate) async fn until_interrupted(
    command: impl Future<Output = anyhow::Result<()>>,
) -> Result<(), Failure> {
    let mut stop = Stop::listen()?;
    let failure = tokio::select! {
        done = command => match done {
            Ok(()) => return Ok(()),
            Err(error) => Failure::Error(error),
        },
        signal = stop.received() => Failure::Interrupted(128 + signal),
    };
    tokio::select! {
        () = cancel_uploads() => {}
        _ = stop.received() => {}
    }
    Err(failure)
}

/// Listens for the stop signals from its creation on.
#[cfg(unix)]
pub(crate) struct Stop {
    hangup: Option<tokio::signal::unix::Signal>,
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Stop {
    pub(crate) fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};

        // Under `nohup`, the hang-up signal is ignored and stays ignored.
        let hangup = match ignores_hangup() {
            true => None,
            false => Some(signal(SignalKind::hangup())?),
        };
        Ok(Self {
            hangup,
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// Waits for a signal, and returns its number.
    pub(crate) async fn received(&mut self) -> u8 {
        let hangup = async {
            match &mut self.hangup {
                Some(hangup) => hangup.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = hangup => 1,
            _ = self.interrupt.recv() => 2,
            _ = self.terminate.recv() => 15,
        }
    }
}

/// Whether the process was started with SIGHUP ignored, if the system reports that.
#[cfg(unix)]
fn ignores_hangup() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    ignored.is_some_and(|mask| mask & 1 == 1)
}

/// Listens for the stop signals.
#[cfg(not(unix))]
pub(crate) struct Stop;

#[cfg(not(unix))]
impl Stop {
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self)
    }

    /// Waits for a signal, and returns its number.
    pub(crate) async fn received(&mut self) -> u8 {
        match tokio::signal::ctrl_c().await {
            Ok(()) => 2,
            Err(_) => std::future::pending().await,
        }
    }
}
