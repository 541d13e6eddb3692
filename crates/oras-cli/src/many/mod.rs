//! Several repositories in one layout: the names of their tags there, and copying them together.

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
