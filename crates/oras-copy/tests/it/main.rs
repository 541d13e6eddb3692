//! Copying between stores in memory that record, and spoil, what is asked of them.
#![allow(clippy::unwrap_used)]

mod copying;
mod extended;
mod faults;
mod graph;
mod healing;
mod names;
mod recheck;
mod recorder;
