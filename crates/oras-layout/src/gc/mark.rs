//! Marking: what is reachable, and which entries of `index.json` are not needed.

use std::collections::HashSet;

use oras_content::{Descriptor, Digest, Error, ErrorKind, Result};

use super::GcOptions;
use super::cascade::Doomed;
use crate::blobs::Blobs;
use crate::index::Index;
use crate::nodes::Nodes;

/// The result of marking a layout.
#[derive(Debug, Default)]
pub(crate) struct Marks {
    pub(crate) kept: HashSet<Digest>,
    /// Content whose entries are removed.
    pub(crate) unlisted: HashSet<Digest>,
    /// Manifests that are kept, and that only those entries lead to.
    pub(crate) orphans: Vec<Descriptor>,
}

/// Marks everything that `index` keeps. `nodes` are all manifests that it leads to.
///
/// If there is something `doomed`, everything else is kept.
pub(crate) fn mark(
    index: &Index,
    nodes: &Nodes,
    blobs: &Blobs,
    opts: &GcOptions,
    doomed: Option<&Doomed>,
) -> Result<Marks> {
    index.check_unknown(|digest| blobs.describe(digest).is_some())?;
    let stays = |digest: &Digest| doomed.is_some_and(|doomed| !doomed.contains(digest));
    let is_root = |entry: &&Descriptor| {
        !opts.remove_untagged
            || stays(&entry.digest)
            || Index::is_named(entry)
            || blobs.is_younger(&entry.digest, opts.grace)
    };
    // Another process may have pushed it again.
    let is_gone = |root: &&Digest| opts.dry_run || !(index.lists(root) || blobs.is_younger(root, opts.grace));
    let gone = doomed.map(Doomed::root).filter(is_gone);
    let mut reach = Reach::new(nodes, opts.allow_missing, gone);
    for root in index.entries().filter(is_root) {
        reach
            .add(root)
            .map_err(|error| names_missing("index.json", error))?;
    }
    // A process that found one of these manifests may rely on everything that it leads to.
    for node in nodes.all() {
        if blobs.is_younger(&node.descriptor.digest, opts.grace) {
            reach.add(&node.descriptor)?;
        }
    }
    let kept = reach.found;
    let gone = |entry: &&Descriptor| !kept.contains(&entry.digest);
    check_gone(index.entries().filter(gone), nodes)?;
    let unlisted: HashSet<Digest> = index
        .entries()
        .filter(gone)
        .map(|entry| entry.digest.clone())
        .collect();
    let orphans = match unlisted.is_empty() {
        true => Vec::new(),
        false => orphans(index, nodes, &kept),
    };
    Ok(Marks {
        kept,
        unlisted,
        orphans,
    })
}

/// An unreadable manifest must not be removed, because it may be a referrer of kept content.
fn check_gone<'a>(gone: impl Iterator<Item = &'a Descriptor>, nodes: &Nodes) -> Result<()> {
    let mut failures = gone.filter_map(|entry| nodes.failure(&entry.digest));
    match failures.find(|error| !error.is_not_found()) {
        Some(error) => Err(error.clone()),
        None => Ok(()),
    }
}

/// The manifests of `kept` that no entry of `kept` leads to.
fn orphans(index: &Index, nodes: &Nodes, kept: &HashSet<Digest>) -> Vec<Descriptor> {
    let mut led_to: HashSet<Digest> = HashSet::new();
    let stay = index.entries().filter(|entry| kept.contains(&entry.digest));
    stay.for_each(|entry| follow(&entry.digest, nodes, &mut led_to));
    let mut found = Vec::new();
    for digest in nodes.parents_first(|digest| kept.contains(digest)) {
        if !led_to.contains(digest) {
            found.extend(nodes.get(digest).map(|node| node.descriptor.clone()));
            follow(digest, nodes, &mut led_to);
        }
    }
    found
}

fn follow(from: &Digest, nodes: &Nodes, led_to: &mut HashSet<Digest>) {
    let mut todo = vec![from];
    while let Some(next) = todo.pop() {
        if led_to.insert(next.clone()) {
            let node = nodes.get(next);
            todo.extend(
                node.into_iter()
                    .flat_map(|node| node.edges())
                    .map(|edge| &edge.digest),
            );
        }
    }
}

/// Everything reached so far, by edges and from subjects to their referrers.
struct Reach<'a> {
    nodes: &'a Nodes,
    allow_missing: bool,
    /// Content that is removed even if something leads to it.
    gone: Option<&'a Digest>,
    found: HashSet<Digest>,
}

impl<'a> Reach<'a> {
    fn new(nodes: &'a Nodes, allow_missing: bool, gone: Option<&'a Digest>) -> Self {
        let found = HashSet::new();
        Self {
            nodes,
            allow_missing,
            gone,
            found,
        }
    }

    fn add(&mut self, root: &Descriptor) -> Result<()> {
        self.check(root)?;
        let mut todo = vec![&root.digest];
        let nodes = self.nodes;
        while let Some(next) = todo.pop() {
            if self.gone == Some(next) || !self.found.insert(next.clone()) {
                continue;
            }
            todo.extend(nodes.referrers(next).map(|node| &node.descriptor.digest));
            let Some(node) = nodes.get(next) else {
                continue;
            };
            for child in &node.children {
                self.check(child)
                    .map_err(|error| names_missing(next.as_str(), error))?;
                todo.push(&child.digest);
            }
            if let Some(subject) = &node.subject {
                self.check_subject(subject)?;
                todo.push(&subject.digest);
            }
        }
        Ok(())
    }

    /// Stops at a manifest whose successors are unknown.
    fn check(&self, target: &Descriptor) -> Result<()> {
        match self.failure_of(target) {
            Some(error) if error.is_not_found() && self.allow_missing => Ok(()),
            Some(error) => Err(error.clone()),
            None => Ok(()),
        }
    }

    /// Referrers may exist without their subject.
    fn check_subject(&self, subject: &Descriptor) -> Result<()> {
        match self.failure_of(subject) {
            Some(error) if !error.is_not_found() => Err(error.clone()),
            _ => Ok(()),
        }
    }

    fn failure_of(&self, target: &Descriptor) -> Option<&Error> {
        target.is_manifest().then(|| self.nodes.failure(&target.digest))?
    }
}

/// Adds what refers to the missing content.
fn names_missing(by: &str, error: Error) -> Error {
    match error.is_not_found() {
        true => Error::new(ErrorKind::MissingContent, by).with_source(error),
        false => error,
    }
}
