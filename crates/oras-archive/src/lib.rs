//! Tar archives for OCI artifacts.
//!
//! [`Reader`] and [`contents`] read untrusted archives. [`file_header`], [`padding`] and [`END`] are the parts of an
//! archive around the files, for writing one incrementally. With the feature `folders`, `pack` turns a folder into an
//! archive, reproducibly, and `unpack` turns an archive into a folder without writing outside it. All calls block.

mod contents;
mod entry;
mod extended;
mod header;
mod reader;
mod writing;

#[cfg(feature = "folders")]
mod compression;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
#[cfg(feature = "folders")]
mod gzip;
#[cfg(feature = "folders")]
mod hashing;
#[cfg(feature = "folders")]
mod pack;
#[cfg(feature = "folders")]
mod unpack;

pub use contents::contents;
pub use entry::{Entry, EntryKind};
pub use reader::Reader;
pub use writing::{END, file_header, folder_header, padding};

#[cfg(feature = "folders")]
pub use compression::Compression;
#[cfg(feature = "folders")]
pub use pack::{Modes, PackOptions, Packed, Times, pack};
#[cfg(feature = "folders")]
pub use unpack::{UnpackOptions, Unpacked, unpack};

/// Compiles the README's example as a doctest.
#[cfg(doctest)]
#[cfg(feature = "folders")]
#[doc = include_str!("../README.md")]
struct Readme;
