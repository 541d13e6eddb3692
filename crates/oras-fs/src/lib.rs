//! Atomic file writes: temporary names, fsync, rename and advisory locks.
//!
//! Every file in this workspace gets its final name through [`AtomicFile`], so that the guarantee "old or new, never
//! partial" is implemented in one place. All calls block; asynchronous callers run them on a blocking thread.
//! [`Frames`] reads files asynchronously.
//!
//! ```
//! use oras_fs::{Durability, write_atomic};
//!
//! # fn main() -> Result<(), oras_fs::Error> {
//! let dir = tempfile::tempdir().unwrap();
//! let path = dir.path().join("index.json");
//! write_atomic(&path, b"{}", 0o644, Durability::Full)?;
//! assert_eq!(std::fs::read(&path).unwrap(), b"{}");
//! # Ok(())
//! # }
//! ```

mod atomic;
mod atomic_dir;
mod error;
mod frames;
mod lock;
mod output;
mod part;
mod part_state;
mod private;
mod sweep;
mod temporary;

pub use atomic::{AtomicFile, Durability, parent, sync_dir, write_atomic};
pub use atomic_dir::AtomicDir;
pub use error::Error;
pub use frames::Frames;
pub use lock::Lock;
pub use output::{Output, follow_links, write_output};
pub use part::{MIN_PART_SIZE, PART_GRACE};
pub use part_state::{PartState, STATE_INTERVAL};
pub use private::is_private;
pub use sweep::{GRACE, is_older, sweep, sweep_parts};
pub use temporary::is_temporary;

/// Compiles the README's example as a doctest.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
