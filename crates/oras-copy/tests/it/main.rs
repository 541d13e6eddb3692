//! Copying between stores in memory that record, and spoil, what is asked of them.
#![allow(clippy::unwrap_used)]

/// Names stores after their types, as messages call them.
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
