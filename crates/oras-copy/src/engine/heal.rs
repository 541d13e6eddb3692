//! Healing: content that the destination said it had, or had, and that is missing when a manifest needs it.

use oras_content::ErrorKind;

use super::node::{Id, State};
use super::{Engine, Step};
use crate::{CopyError, Event, Outcome};

impl Engine<'_> {
    /// A manifest was refused because children are missing although they were reported as present: those are copied
    /// whatever the destination says about them, and the manifest is pushed once more.
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

    /// A manifest that is there was refused a tag, because what it refers to is missing: it does not spare its children.
    fn look_below(&mut self, id: Id) {
        let node = &mut self.nodes[id];
        node.forced = true;
        self.job.tell(Event::Healing {
            node: &node.target.descriptor(),
        });
        tracing::info!(manifest = %node.target.digest(), "children are missing at the destination; looking for them");
        self.queue(id);
    }

    /// What was written could not be made visible because a manifest that was pushed before lost content meanwhile: it is
    /// pushed again with its children, and then the node that waits for that.
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

    /// The manifest that a flush refused for missing content.
    fn refused(&self, error: &CopyError) -> Option<Id> {
        let is_missing = matches!(error.source.kind(), ErrorKind::MissingContent);
        let digest = error.source.subject().filter(|_| is_missing)?.digest()?;
        self.nodes.manifest(digest)
    }

    /// Copies a node that was done, whatever the destination says about it.
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
