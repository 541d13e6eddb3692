//! A node: what a copy knows about one piece of content.

use oras_content::{Descriptor, Digest, Verified};

use crate::Outcome;

/// Content is one node however many parents list it. A registry keeps manifests apart from blobs, so a manifest that
/// is also listed as a layer is two.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    digest: Digest,
    pub(super) is_manifest: bool,
}

impl Key {
    pub(super) fn of(descriptor: &Descriptor) -> Self {
        Self {
            digest: descriptor.digest.clone(),
            is_manifest: descriptor.is_manifest(),
        }
    }
}

pub(super) enum State {
    /// Queued, or a step is under way.
    Running,
    /// So many children are not there yet.
    Waiting(usize),
    Done(Outcome),
}

pub(super) struct Node {
    pub(super) descriptor: Descriptor,
    /// The bytes of a manifest between reading and pushing it; read again where they were let go.
    pub(super) content: Option<Verified>,
    pub(super) state: State,
    pub(super) parents: Vec<Key>,
    pub(super) children: Vec<Key>,
    pub(super) tag: Option<String>,
    /// What the destination says about having it, or its children, does not count.
    pub(super) forced: bool,
    /// The push was refused once for missing children.
    pub(super) healed: bool,
}

/// What a step needs of a node.
pub(super) struct Task {
    pub(super) descriptor: Descriptor,
    pub(super) content: Option<Verified>,
    pub(super) tag: Option<String>,
    pub(super) forced: bool,
}

impl Node {
    pub(super) fn new(descriptor: Descriptor) -> Self {
        Self {
            descriptor,
            content: None,
            state: State::Running,
            parents: Vec::new(),
            children: Vec::new(),
            tag: None,
            forced: false,
            healed: false,
        }
    }

    pub(super) fn task(&self) -> Task {
        Task {
            descriptor: self.descriptor.clone(),
            content: self.content.clone(),
            tag: self.tag.clone(),
            forced: self.forced,
        }
    }

    pub(super) fn is_done(&self) -> bool {
        matches!(self.state, State::Done(_))
    }

    /// Whether it counts as done only because the destination says so.
    pub(super) fn is_hearsay(&self) -> bool {
        let said = matches!(self.state, State::Done(Outcome::Skipped | Outcome::Mounted));
        said && !self.forced
    }

    pub(super) fn force(&mut self) {
        self.forced = true;
        self.state = State::Running;
    }

    pub(super) fn wait_for_one_more(&mut self) {
        if let State::Waiting(children) = &mut self.state {
            *children += 1;
        }
    }

    pub(super) fn one_less(&mut self) {
        if let State::Waiting(children) = &mut self.state {
            *children = children.saturating_sub(1);
        }
    }
}
