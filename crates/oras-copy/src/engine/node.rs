//! A node: what a copy knows about one piece of content.

use std::sync::Arc;

use oras_content::{Descriptor, Error, OpenUpload, Tag, Verified};

use super::compact::Compact;
use super::parents::Parents;
use super::presence::Presence;
use crate::{CopyError, Operation, Outcome};

/// The number of a node.
pub(super) type Id = u32;

pub(super) enum State {
    /// Queued, or a step is under way.
    Running,
    /// So many children are not there yet.
    Waiting(u32),
    Done(Outcome),
}

/// Kept small: a manifest may have very many children.
pub(super) struct Node {
    pub(super) target: Compact,
    pub(super) state: State,
    pub(super) parents: Parents,
    /// What blobs rarely have.
    rare: Option<Box<Rare>>,
    pub(super) presence: Presence,
    /// The caller asked for it, not only a parent.
    pub(super) is_root: bool,
    /// It was looked at as a root, and not only as what another manifest needs.
    ran_as_root: bool,
    /// The copy made it: its content is kept, because nobody else has it.
    pub(super) is_made: bool,
    /// Something needs it; the subject of a manifest alone may be absent.
    pub(super) is_required: bool,
    /// What the destination says about having it, or its children, does not count.
    pub(super) forced: bool,
    /// The push was refused once for missing children.
    pub(super) healed: bool,
}

#[derive(Default)]
pub(super) struct Rare {
    /// The bytes of a manifest between reading and pushing it; read again where they were let go.
    pub(super) content: Option<Verified>,
    pub(super) children: Vec<Id>,
    pub(super) tags: Vec<Tag>,
}

/// What a step needs of a node.
pub(super) struct Task {
    pub(super) descriptor: Arc<Descriptor>,
    pub(super) content: Option<Verified>,
    pub(super) tags: Vec<Tag>,
    pub(super) presence: Presence,
    /// The upload that a refused mount opened.
    pub(super) upload: Option<OpenUpload>,
    pub(super) is_root: bool,
    pub(super) is_required: bool,
    pub(super) forced: bool,
}

impl Node {
    pub(super) fn new(target: Compact) -> Self {
        Self {
            target,
            state: State::Running,
            parents: Parents::None,
            rare: None,
            presence: Presence::Lacking,
            is_root: false,
            ran_as_root: false,
            is_made: false,
            is_required: false,
            forced: false,
            healed: false,
        }
    }

    pub(super) fn task(&mut self, upload: Option<OpenUpload>) -> Task {
        self.ran_as_root = self.is_root;
        let rare = self.rare.as_deref();
        Task {
            descriptor: self.target.descriptor(),
            content: rare.and_then(|rare| rare.content.clone()),
            tags: rare.map(|rare| rare.tags.clone()).unwrap_or_default(),
            presence: self.presence,
            upload,
            is_root: self.is_root,
            is_required: self.is_required,
            forced: self.forced,
        }
    }

    pub(super) fn rare(&mut self) -> &mut Rare {
        self.rare.get_or_insert_default()
    }

    pub(super) fn has_content(&self) -> bool {
        self.rare.as_ref().is_some_and(|rare| rare.content.is_some())
    }

    /// Lets go of the content, unless nobody else has it.
    pub(super) fn let_go(&mut self) -> Option<Verified> {
        let is_made = self.is_made;
        self.rare.as_mut()?.content.take_if(|_| !is_made)
    }

    pub(super) fn tags(&self) -> &[Tag] {
        self.rare.as_ref().map_or(&[], |rare| &rare.tags)
    }

    pub(super) fn children(&self) -> &[Id] {
        self.rare.as_ref().map_or(&[], |rare| &rare.children)
    }

    pub(super) fn is_done(&self) -> bool {
        matches!(self.state, State::Done(_))
    }

    /// Whether it counts as done only because the destination says so.
    pub(super) fn is_unconfirmed(&self) -> bool {
        let said = matches!(
            self.state,
            State::Done(Outcome::Present | Outcome::Listed | Outcome::Mounted)
        );
        said && !self.forced
    }

    /// Whether it is there, and turned out to be a root only after it was looked at: it may not be listed among referrers.
    pub(super) fn is_present_unlisted(&self) -> bool {
        let is_present = matches!(self.state, State::Done(Outcome::Present));
        is_present && self.is_root && !self.ran_as_root
    }

    /// Whether it was left out because the source does not have it.
    pub(super) fn is_absent(&self) -> bool {
        matches!(self.state, State::Done(Outcome::Absent))
    }

    /// Why a node is not done after everything was: it waits for itself.
    pub(super) fn cycle(&self) -> CopyError {
        let what = self.target.digest();
        let error = Error::invalid_manifest(what, "the selected successors are a cycle");
        CopyError::source(Operation::Select)(error)
    }

    pub(super) fn add_pending(&mut self) {
        if let State::Waiting(children) = &mut self.state {
            *children += 1;
        }
    }

    pub(super) fn child_done(&mut self) {
        if let State::Waiting(children) = &mut self.state {
            *children = children.saturating_sub(1);
        }
    }
}

/// The content that a descriptor carries itself, where it is what the descriptor says.
pub(super) fn embedded(node: &Descriptor) -> Option<Verified> {
    let data = node.data.clone()?;
    Verified::new(node.clone(), data).ok()
}
