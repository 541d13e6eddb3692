//! Invariants that hold after every copy.

use std::collections::HashSet;

use oras_content::{Descriptor, Digest, StoreExt};
use oras_copy::Recheck;

use super::case::Kind;
use super::run::{Ended, Run};
use super::world::{World, tag};

impl World {
    /// Runs the copy with faults and again without, and returns the objections to both.
    pub(super) async fn objections(&self) -> Vec<String> {
        let first = self.run(true, self.case.recheck).await;
        let mut found = self.judge(&first, "first").await;
        found.extend(self.of_failure(&first));
        found.extend(self.of_uploads(&first));
        found.extend(self.of_bytes(&first));
        let there = self.present().await;
        let second = self.run(false, self.case.recheck).await;
        found.extend(self.judge(&second, "second").await);
        found.extend(self.of_second(&second, &there));
        if found.is_empty() && !self.unsound.is_empty() && !self.is_impossible() {
            let third = self.run(false, Recheck::Verify).await;
            found.extend(self.of_healing(&third).await);
        }
        if let Some(after) = self.case.after.filter(|_| found.is_empty()) {
            found.extend(self.of_after(after).await);
        }
        found
    }

    /// Returns what is wrong with the content of the destination.
    async fn judge(&self, run: &Run, name: &str) -> Vec<String> {
        let there = self.present().await;
        let mut found = match &run.ended {
            Ended::Hung => vec!["it does not end".to_owned()],
            Ended::Copied => self.of_success(&there).await,
            Ended::Dropped | Ended::Failed(_) => Vec::new(),
        };
        found.extend(self.of_parents(&there));
        found.extend(self.of_tags(&there).await);
        found.extend(self.of_strangers().await);
        for text in &mut found {
            *text = format!("{name} run: {text}");
        }
        found
    }

    /// Returns the nodes the destination has, byte for byte.
    pub(super) async fn present(&self) -> HashSet<Digest> {
        let store = self.plain_destination().await;
        let mut there = HashSet::new();
        for node in &self.graph.nodes {
            if self.graph.has(&*store, node.descriptor()).await {
                there.insert(node.descriptor().digest.clone());
            }
        }
        there
    }

    pub(super) fn roots(&self) -> &[Descriptor] {
        match self.case.call.has_many_roots() {
            true => &self.graph.roots,
            false => self.root.as_slice(),
        }
    }

    /// Returns the content promised by a success.
    fn promised(&self) -> Vec<Descriptor> {
        let is_lied_to = self.is_lied_to();
        let is_limited = self.case.depth.is_some() || self.case.filter.is_some();
        let goes_up = self.case.call.goes_up() && !is_limited && !is_lied_to;
        let closure = |root: &Descriptor| match goes_up {
            true => self.graph.closure_above(root),
            false if is_lied_to => self.graph.needed(root),
            false => self.graph.closure(root),
        };
        self.roots().iter().flat_map(closure).collect()
    }

    /// Whether the source denies content it has. A subject may then be missing, in later runs too, because the
    /// destination already has the referrer.
    fn is_lied_to(&self) -> bool {
        self.case.troubles[0].iter().any(|trouble| trouble.is_lie)
    }

    async fn of_success(&self, there: &HashSet<Digest>) -> Vec<String> {
        let mut found = Vec::new();
        for node in self.promised() {
            if !there.contains(&node.digest) && !self.is_trusted(&node.digest) {
                found.push(format!(
                    "claimed, and not there: {} {}",
                    node.media_type, node.digest
                ));
            }
        }
        let store = self.plain_destination().await;
        for (at, root) in self.roots().iter().enumerate() {
            let tagged = store.resolve(tag(at)).await;
            if self.case.call.gives_tags() && !tagged.is_ok_and(|tagged| tagged.digest == root.digest) {
                found.push(format!("claimed, and v{at} is something else"));
            }
        }
        if !self.case.call.goes_up() {
            let asked = self.roots().iter().flat_map(|root| self.graph.closure(root));
            let asked: HashSet<Digest> = asked.map(|node| node.digest).collect();
            let is_extra = |digest: &&Digest| {
                !asked.contains(digest) && !self.before.contains(digest) && !self.unsound.contains(digest)
            };
            found.extend(
                there
                    .iter()
                    .filter(is_extra)
                    .map(|digest| format!("not asked for: {digest}")),
            );
        }
        found
    }

    /// Whether a copy may trust the destination's false claim to have this content.
    fn is_trusted(&self, digest: &Digest) -> bool {
        self.case.recheck == Recheck::Trust && self.unsound.contains(digest)
    }

    /// Returns manifests that were added without the content they refer to.
    fn of_parents(&self, there: &HashSet<Digest>) -> Vec<String> {
        let mut found = Vec::new();
        for node in self.graph.manifests() {
            let is_new = there.contains(&node.digest) && !self.before.contains(&node.digest);
            if !is_new || self.graph.is_twofold(node) {
                continue;
            }
            let children = match self.is_lied_to() {
                true => self.graph.needs(node),
                false => self.graph.children(node),
            };
            for child in children {
                if !there.contains(&child.digest) && !self.unsound.contains(&child.digest) {
                    found.push(format!("{} is there without {}", node.digest, child.digest));
                }
            }
        }
        found
    }

    async fn of_tags(&self, there: &HashSet<Digest>) -> Vec<String> {
        let store = self.plain_destination().await;
        let mut found = Vec::new();
        for (at, root) in self.graph.roots.iter().enumerate() {
            let Ok(tagged) = store.resolve(tag(at)).await else {
                continue;
            };
            let is_old = at == 0 && self.old.as_ref() == Some(&tagged.digest);
            if is_old {
                continue;
            }
            let root = match (at, &self.root) {
                (0, Some(root)) => root,
                _ => root,
            };
            if tagged.digest != root.digest {
                found.push(format!("v{at} is {}", tagged.digest));
            }
            let below = match self.is_lied_to() {
                true => self.graph.needed(root),
                false => self.graph.closure(root),
            };
            for node in below {
                if !there.contains(&node.digest) && !self.unsound.contains(&node.digest) {
                    found.push(format!("v{at} is there without {}", node.digest));
                }
            }
        }
        found
    }

    /// Returns content that belongs to no graph.
    async fn of_strangers(&self) -> Vec<String> {
        let is_known = |digest: &Digest| {
            self.graph
                .nodes
                .iter()
                .any(|node| node.descriptor().digest == *digest)
        };
        let contents = self.contents().await;
        let is_index_of_referrers = self.case.lists_by_tag();
        let is_strange = |digest: &&Digest| !is_known(digest) && !is_index_of_referrers;
        let strangers = contents.iter().filter(is_strange);
        let mut found: Vec<String> = strangers.map(|digest| format!("a stranger: {digest}")).collect();
        if self.case.to != Kind::Registry {
            found.extend(self.left_over().await);
        }
        found
    }
}
