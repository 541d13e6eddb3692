//! Graph traversal: nodes are discovered on the way down, and a manifest is pushed once all its children are done.

use oras_content::{Descriptor, Verified};

use super::node::{Id, State};
use super::{Engine, Read, Root, Step};
use crate::{Event, Outcome};

impl Engine<'_> {
    pub(super) fn add_root(&mut self, root: Root) -> Id {
        let id = self.visit(None, root.descriptor, true);
        let node = &mut self.nodes[id];
        node.is_root = true;
        node.is_generated |= root.is_generated;
        node.extra().tags.extend(root.tags);
        if node.is_present_unlisted() {
            node.state = State::Running;
            self.queue(id);
        }
        if let Some(content) = root.content.filter(|_| !self.nodes[id].is_done()) {
            self.hold(id, content);
        }
        id
    }

    /// Visits the children of a manifest, and keeps its bytes if the memory limit allows.
    pub(super) fn expand(&mut self, id: Id, read: Read) {
        self.nodes[id].presence = read.presence;
        self.hold(id, read.content);
        let children = read
            .children
            .into_iter()
            .filter(|child| !child.media_type.is_non_distributable());
        self.nodes[id].state = State::Waiting(0);
        for child in children {
            let is_required = read.subject.as_ref() != Some(&child.digest);
            let child = self.visit(Some(id), child, is_required);
            self.nodes[id].extra().children.push(child);
        }
        self.push_if_ready(id);
    }

    fn hold(&mut self, id: Id, content: Verified) {
        let size = content.bytes().len() as u64;
        let fits = self.held.saturating_add(size) <= self.job.options.manifest_memory;
        let node = &self.nodes[id];
        if !node.has_content() && (fits || node.is_generated) {
            self.held += size;
            self.nodes[id].extra().content = Some(Box::new(content));
        }
    }

    /// Ensures that `descriptor` is copied and that `parent` waits for it.
    pub(super) fn visit(&mut self, parent: Option<Id>, descriptor: Descriptor, is_required: bool) -> Id {
        let forced = parent.is_some_and(|parent| self.nodes[parent].forced);
        let (id, is_new) = match self.nodes.find(&descriptor) {
            Some(id) => (id, false),
            None => {
                let totals = self.tally.discover(&descriptor);
                let node = &descriptor;
                self.job.tell(Event::Discovered { node, totals });
                (self.nodes.add(descriptor), true)
            }
        };
        let node = &mut self.nodes[id];
        node.is_required |= is_required;
        let starts_over = (forced && node.is_unconfirmed()) || (is_required && node.is_absent());
        if starts_over {
            node.state = State::Running;
            node.forced |= forced;
        }
        if node.is_done() {
            return id;
        }
        if let Some(parent) = parent
            && node.parents.add(parent)
        {
            self.nodes[parent].add_pending();
        }
        if is_new || starts_over {
            self.queue(id);
        }
        id
    }

    pub(super) fn queue(&mut self, id: Id) {
        let node = &self.nodes[id];
        let step = match node.target.is_manifest() {
            true => Step::Inspect,
            false if self.job.mounts() && !node.forced => Step::Mount,
            false => Step::PushBlob { is_approved: false },
        };
        self.add(id, step);
    }

    pub(super) fn push_if_ready(&mut self, id: Id) {
        let node = &mut self.nodes[id];
        if matches!(node.state, State::Waiting(0)) {
            node.state = State::Running;
            self.add(id, Step::PushManifest);
        }
    }

    pub(super) fn finish(&mut self, id: Id, outcome: Outcome) {
        let node = &mut self.nodes[id];
        if let Some(content) = node.let_go() {
            self.held = self.held.saturating_sub(content.bytes().len() as u64);
        }
        node.state = State::Done(outcome);
        if node.is_present_unlisted() {
            node.state = State::Running;
            return self.queue(id);
        }
        let parents = std::mem::take(&mut node.parents);
        let node = &node.target.descriptor();
        let totals = self.tally.finish(node, outcome);
        self.job.tell(Event::Finished {
            node,
            outcome,
            totals,
        });
        if let Some(each) = &mut self.root_failures {
            each.succeeded();
        }
        for &parent in parents.as_slice() {
            self.nodes[parent].child_done();
            self.push_if_ready(parent);
        }
    }
}
