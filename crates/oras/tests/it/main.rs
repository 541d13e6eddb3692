//! What the facade shows, as its users meet it.
#![allow(clippy::unwrap_used)]

mod absolute;
#[cfg(feature = "blocking")]
mod blocking;
#[cfg(feature = "config")]
mod environment;
mod examples;
mod programs;
mod source;
