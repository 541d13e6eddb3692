//! Tar archives for OCI artifacts.
//!
//! [`Reader`] and [`contents`] read archives that others made, and trust nothing in them. [`file_header`], [`padding`] and
//! [`END`] are what an archive has around files that are written as they come. With the feature `folders`,
//! `pack` makes one archive of a folder, the same bytes for the same files, and `unpack` makes a folder of an archive
//! without leaving it. All calls block.

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

/// The example of the README of this crate, so that it cannot rot.
#[cfg(doctest)]
#[cfg(feature = "folders")]
#[doc = include_str!("../README.md")]
struct Readme;
