//! Healing: copies content again that a manifest needs and the destination reported but lacks.

use oras_content::ErrorKind;

use super::node::{Id, State};
use super::{Engine, Step};
use crate::{CopyError, Event, Outcome};

impl Engine<'_> {
    /// Handles a manifest rejected for missing children that the destination had reported as present: copies these
    /// regardless, then pushes the manifest once more.
    pub(super) fn heal(&mut self, id: Id, step: Step, error: CopyError) -> Result<(), CopyError> {
        let is_missing = matches!(error.source.kind(), ErrorKind::MissingContent);
        if step == Step::Inspect && is_missing && !self.nodes[id].forced {
            self.look_below(id);
            return Ok(());
        }
        let node = &mut self.nodes[id];
        if step != Step::PushManifest || !is_missing || std::mem::replace(&mut node.healed, true) {
            return Err(error);
        }
        node.forced = true;
        node.state = State::Waiting(0);
        let children = node.children().to_vec();
        self.job.tell(Event::Healing {
            node: &node.target.descriptor(),
        });
        tracing::info!(manifest = %node.target.digest(), "children are missing at the destination; copying them anew");
        for child in children {
            let descriptor = self.nodes[child].target.descriptor();
            let is_required = self.nodes[child].is_required;
            self.visit(Some(id), (*descriptor).clone(), is_required);
        }
        if matches!(self.nodes[id].state, State::Waiting(0)) {
            return Err(error);
        }
        Ok(())
    }

    /// Inspects the children of an existing manifest whose tagging was rejected for missing content: its presence no
    /// longer implies theirs.
    fn look_below(&mut self, id: Id) {
        let node = &mut self.nodes[id];
        node.forced = true;
        self.job.tell(Event::Healing {
            node: &node.target.descriptor(),
        });
        tracing::info!(manifest = %node.target.digest(), "children are missing at the destination; looking for them");
        self.queue(id);
    }

    /// Handles a failed flush because an already pushed manifest has lost content since: pushes it again with its
    /// children, then the node waiting for the flush.
    pub(super) fn heal_flush(&mut self, waiting: Option<Id>, error: CopyError) -> Result<(), CopyError> {
        let Some(refused) = self.refused(&error) else {
            return Err(error);
        };
        if waiting == Some(refused) {
            self.nodes[refused].state = State::Done(Outcome::Copied);
        }
        let node = &mut self.nodes[refused];
        if !node.is_done() || std::mem::replace(&mut node.healed, true) {
            return Err(error);
        }
        node.forced = true;
        node.state = State::Waiting(0);
        self.job.tell(Event::Healing {
            node: &self.nodes[refused].target.descriptor(),
        });
        for child in self.nodes[refused].children().to_vec() {
            self.copy_again(child, refused);
        }
        if let Some(waiting) = waiting.filter(|waiting| *waiting != refused) {
            self.nodes[waiting].state = State::Waiting(1);
            self.nodes[refused].parents.add(waiting);
        }
        self.push_if_ready(refused);
        Ok(())
    }

    /// The manifest that a flush rejected for missing content.
    fn refused(&self, error: &CopyError) -> Option<Id> {
        let is_missing = matches!(error.source.kind(), ErrorKind::MissingContent);
        let digest = error.source.subject().filter(|_| is_missing)?.digest()?;
        self.nodes.manifest(digest)
    }

    /// Copies a finished node again, whatever the destination reports about it.
    fn copy_again(&mut self, id: Id, parent: Id) {
        let node = &mut self.nodes[id];
        if !matches!(
            node.state,
            State::Done(Outcome::Copied | Outcome::Present | Outcome::Mounted)
        ) {
            return;
        }
        node.forced = true;
        node.state = State::Running;
        node.parents.add(parent);
        self.nodes[parent].add_pending();
        self.queue(id);
    }
}
