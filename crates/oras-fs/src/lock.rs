//! An advisory lock on a file of its own.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use crate::Error;

/// How long to wait between two tries, at first.
const PAUSE: Duration = Duration::from_millis(5);

/// After how long a wait is told.
const TOLD_AFTER: Duration = Duration::from_secs(1);

/// An exclusive advisory lock, held until dropped.
///
/// The kernel releases it when the process dies, so a lock is never stale. The lock file stays where it is: removing
/// it would let two holders lock two different files of one name.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Waits up to `wait` for the lock file at `path`, creating it if need be. A wait of a second is logged as a warning.
    ///
    /// # Errors
    ///
    /// The file cannot be opened, or another process kept the lock for longer than `wait` (of the kind
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
                // Without locks in the file system, going on is what every tool without a lock does.
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

/// Whoever has waited for longer tries more often, so that among many nobody is always late.
fn pause(waited: Duration) -> Duration {
    PAUSE / (1 + u32::try_from(waited.as_secs()).unwrap_or(u32::MAX - 1))
}
