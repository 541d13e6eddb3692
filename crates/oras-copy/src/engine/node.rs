//! `Node`: the state of one piece of content in a copy.

use std::sync::Arc;

use oras_content::{Descriptor, Error, OpenUpload, Tag, Verified};

use super::compact::Compact;
use super::parents::Parents;
use super::presence::Presence;
use crate::{CopyError, Operation, Outcome};

/// The index of a node.
pub(super) type Id = u32;

pub(super) enum State {
    /// Queued, or in progress.
    Running,
    /// Waiting for this number of children.
    Waiting(u32),
    Done(Outcome),
}

/// Kept small, because a manifest may have very many children.
pub(super) struct Node {
    pub(super) target: Compact,
    pub(super) state: State,
    pub(super) parents: Parents,
    /// Fields that blobs rarely need.
    extra: Option<Box<Extra>>,
    pub(super) presence: Presence,
    /// The caller asked for this node; it is not only another node's child.
    pub(super) is_root: bool,
    /// Inspected as a root, not only as another node's child.
    ran_as_root: bool,
    /// Created by the copy. Its content must be kept, because no store has it.
    pub(super) is_generated: bool,
    /// Something needs it. Only the subject of a manifest may be absent.
    pub(super) is_required: bool,
    /// Ignore what the destination reports about having this node or its children.
    pub(super) forced: bool,
    /// The push was rejected once for missing children.
    pub(super) healed: bool,
}

#[derive(Default)]
pub(super) struct Extra {
    /// The bytes of a manifest between reading and pushing it. Read again if they were released. Boxed, because most
    /// nodes have none most of the time.
    pub(super) content: Option<Box<Verified>>,
    pub(super) children: Vec<Id>,
    pub(super) tags: Vec<Tag>,
}

/// The part of a node that a step needs.
pub(super) struct Task {
    pub(super) descriptor: Arc<Descriptor>,
    pub(super) content: Option<Verified>,
    pub(super) tags: Vec<Tag>,
    pub(super) presence: Presence,
    /// The upload opened when a mount was refused.
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
            extra: None,
            presence: Presence::Lacking,
            is_root: false,
            ran_as_root: false,
            is_generated: false,
            is_required: false,
            forced: false,
            healed: false,
        }
    }

    pub(super) fn task(&mut self, upload: Option<OpenUpload>) -> Task {
        self.ran_as_root = self.is_root;
        let extra = self.extra.as_deref();
        Task {
            descriptor: self.target.descriptor(),
            content: extra.and_then(|extra| extra.content.as_deref().cloned()),
            tags: extra.map(|extra| extra.tags.clone()).unwrap_or_default(),
            presence: self.presence,
            upload,
            is_root: self.is_root,
            is_required: self.is_required,
            forced: self.forced,
        }
    }

    pub(super) fn extra(&mut self) -> &mut Extra {
        self.extra.get_or_insert_default()
    }

    pub(super) fn has_content(&self) -> bool {
        self.extra.as_ref().is_some_and(|extra| extra.content.is_some())
    }

    /// Releases the content, unless no store has it.
    pub(super) fn let_go(&mut self) -> Option<Box<Verified>> {
        let is_generated = self.is_generated;
        self.extra.as_mut()?.content.take_if(|_| !is_generated)
    }

    pub(super) fn tags(&self) -> &[Tag] {
        self.extra.as_ref().map_or(&[], |extra| &extra.tags)
    }

    pub(super) fn children(&self) -> &[Id] {
        self.extra.as_ref().map_or(&[], |extra| &extra.children)
    }

    pub(super) fn is_done(&self) -> bool {
        matches!(self.state, State::Done(_))
    }

    /// Whether the node is done only according to the destination.
    pub(super) fn is_unconfirmed(&self) -> bool {
        let said = matches!(
            self.state,
            State::Done(Outcome::Present | Outcome::Listed | Outcome::Mounted)
        );
        said && !self.forced
    }

    /// Whether the node is present but was not inspected as a root, and so may be missing from the list of referrers.
    pub(super) fn is_present_unlisted(&self) -> bool {
        let is_present = matches!(self.state, State::Done(Outcome::Present));
        is_present && self.is_root && !self.ran_as_root
    }

    /// Whether the node was left out because the source does not have it.
    pub(super) fn is_absent(&self) -> bool {
        matches!(self.state, State::Done(Outcome::Absent))
    }

    /// The error for a node still unfinished at the end: it waits for itself.
    pub(super) fn cycle(&self) -> CopyError {
        let error = Error::invalid_manifest(self.target.digest(), "the selected successors are a cycle");
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

/// Returns the content embedded in a descriptor, if it matches.
pub(super) fn embedded(node: &Descriptor) -> Option<Verified> {
    let data = node.data.clone()?;
    Verified::new(node.clone(), data).ok()
}
