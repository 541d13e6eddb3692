//! Advisory locks on dedicated lock files.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use crate::Error;

/// Initial pause between two attempts.
const PAUSE: Duration = Duration::from_millis(5);

/// Wait after which a warning is logged.
const TOLD_AFTER: Duration = Duration::from_secs(1);

/// An exclusive advisory lock, held until dropped.
///
/// The kernel releases the lock when the process dies, so a lock is never stale. The lock file is never removed:
/// otherwise two holders could lock two different files of the same name.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Waits up to `wait` for the lock file at `path`, creating it if needed. After a second, logs a warning.
    ///
    /// # Errors
    ///
    /// Fails if the file cannot be opened, or another process holds the lock for longer than `wait` (of the kind
    /// [`TimedOut`](io::ErrorKind::TimedOut)).
    pub fn acquire(path: &Path, wait: Duration) -> Result<Self, Error> {
        let fail = |source| Error::new("lock", path, source);
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path)
            .map_err(fail)?;
        let start = Instant::now();
        let mut is_told = false;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self { _file: file }),
                // On file systems without locks, continue unlocked, as tools without locking do.
                Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {
                    return Ok(Self { _file: file });
                }
                Err(TryLockError::Error(error)) => return Err(fail(error)),
                Err(TryLockError::WouldBlock) if start.elapsed() >= wait => {
                    return Err(fail(io::Error::new(
                        io::ErrorKind::TimedOut,
                        "another process is still writing there",
                    )));
                }
                Err(TryLockError::WouldBlock) => {
                    if !is_told && start.elapsed() >= TOLD_AFTER {
                        is_told = true;
                        tracing::warn!("waiting for another process, which has locked {}", path.display());
                    }
                    thread::sleep(pause(start.elapsed()));
                }
            }
        }
    }
}

/// Shortens the pause the longer a waiter has waited, so that no waiter starves.
fn pause(waited: Duration) -> Duration {
    PAUSE / (1 + u32::try_from(waited.as_secs()).unwrap_or(u32::MAX - 1))
}
