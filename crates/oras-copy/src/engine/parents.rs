//! The parents waiting for a node. Most nodes have one, which needs no allocation of its own.

use super::node::Id;

#[derive(Default)]
pub(super) enum Parents {
    #[default]
    None,
    One(Id),
    Many(Vec<Id>),
}

impl Parents {
    /// Adds a parent. Returns `false` if it is already present.
    pub(super) fn add(&mut self, parent: Id) -> bool {
        if self.as_slice().contains(&parent) {
            return false;
        }
        match self {
            Self::None => *self = Self::One(parent),
            Self::One(first) => *self = Self::Many(vec![*first, parent]),
            Self::Many(parents) => parents.push(parent),
        }
        true
    }

    pub(super) fn as_slice(&self) -> &[Id] {
        match self {
            Self::None => &[],
            Self::One(parent) => std::slice::from_ref(parent),
            Self::Many(parents) => parents,
        }
    }
}
