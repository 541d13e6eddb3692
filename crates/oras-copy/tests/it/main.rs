//! Copies between stores in memory that record requests, and fail on demand.
#![allow(clippy::unwrap_used)]

/// Names stores after their types, as in messages.
macro_rules! named {
    ($($store:ty),*) => {$(
        impl std::fmt::Display for $store {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(stringify!($store))
            }
        }
    )*};
}

mod copying;
mod embedded;
mod extended;
mod faults;
mod filter;
mod graph;
mod healing;
mod names;
mod overlap;
mod plan;
mod recheck;
mod recorder;
mod selection;
mod slots;
mod tags;
mod tags_selected;
mod verifier;
mod width;
