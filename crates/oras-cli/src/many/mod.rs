//! Many repositories in one layout: how their tags are named there, and what is moved together.

mod names;
mod output;
mod registries;
mod shown;
mod view;

pub(crate) use names::{Named, fits, none_like};
pub(crate) use output::Output;
pub(crate) use registries::Registries;
pub(crate) use shown::{Moved, Words, place_of, repositories};
pub(crate) use view::View;
