//! Tests of the public API.
#![allow(clippy::unwrap_used)]

mod archives;
mod contents;
mod pack;
mod readings;
mod tree;

#[cfg(unix)]
mod hostile;
#[cfg(unix)]
mod limits;
#[cfg(unix)]
mod merge;
#[cfg(unix)]
mod races;
#[cfg(unix)]
mod tar;
#[cfg(unix)]
mod unpack;
mod writing;
