//! The survey of a layout: everything that can be checked without hashing blobs.

use std::collections::{BTreeMap, HashSet};

use oras_content::{Descriptor, Digest, Error, Result};

use super::files::Files;
use super::{CheckReport, NamedBy, Problem};
use crate::blobs::Status;
use crate::layout::Layout;
use crate::marker;
use crate::nodes::{Node, Nodes};
use crate::stop::Stop;

/// The state of a check.
#[derive(Debug)]
pub(crate) struct Survey {
    files: Files,
    nodes: Nodes,
    marker: Result<()>,
    /// All content that something refers to.
    named: HashSet<Digest>,
    damaged: BTreeMap<Digest, (Descriptor, Error)>,
    missing: BTreeMap<Digest, (Descriptor, Vec<NamedBy>)>,
    dangling: Vec<Problem>,
}

impl Survey {
    pub(crate) fn new(layout: &Layout, stop: &Stop) -> Result<Self> {
        let (index, _) = layout.indexed()?;
        let mut nodes = Nodes::default();
        nodes.extend(index.entries(), layout.blobs(), stop)?;
        let mut survey = Self {
            files: Files::list(layout)?,
            nodes: Nodes::default(),
            marker: marker::read(layout.root()),
            named: HashSet::new(),
            damaged: BTreeMap::new(),
            missing: BTreeMap::new(),
            dangling: Vec::new(),
        };
        for entry in index.entries() {
            survey.look_at(entry, NamedBy::Index, layout)?;
        }
        for node in nodes.all() {
            stop.check(layout.root())?;
            survey.look_below(node, layout)?;
        }
        let unreadable = nodes.failures().filter(|(_, error)| !error.is_not_found());
        for (content, error) in unreadable.cloned() {
            survey.damage(content, error);
        }
        survey.nodes = nodes;
        Ok(survey)
    }

    fn look_below(&mut self, node: &Node, layout: &Layout) -> Result<()> {
        for child in &node.children {
            let by = NamedBy::Manifest(node.descriptor.digest.clone());
            if !child.media_type.is_non_distributable() || layout.blobs().status(child)? != Status::Missing {
                self.look_at(child, by, layout)?;
            }
        }
        let Some(subject) = &node.subject else {
            return Ok(());
        };
        self.named.insert(subject.digest.clone());
        if layout.blobs().status(subject)? == Status::Missing {
            self.dangling.push(Problem::DanglingReferrer {
                referrer: node.descriptor.clone(),
                subject: subject.clone(),
            });
        }
        Ok(())
    }

    /// Compares a blob on disk with its descriptor.
    fn look_at(&mut self, content: &Descriptor, by: NamedBy, layout: &Layout) -> Result<()> {
        self.named.insert(content.digest.clone());
        match layout.blobs().status(content)? {
            Status::Present => {}
            Status::Missing => {
                let found = self.missing.entry(content.digest.clone());
                let (_, named_by) = found.or_insert_with(|| (content.plain(), Vec::new()));
                if !named_by.contains(&by) {
                    named_by.push(by);
                }
            }
            Status::Damaged => {
                if let Err(error) = layout.blobs().open(content) {
                    self.damage(content.plain(), error);
                }
            }
        }
        Ok(())
    }

    /// Records a damaged blob, unless it is recorded already: the descriptor in a manifest is more precise than the
    /// file.
    pub(crate) fn damage(&mut self, content: Descriptor, error: Error) {
        let digest = content.digest.clone();
        self.damaged.entry(digest).or_insert((content, error));
    }

    /// The blobs whose digests were not verified yet.
    pub(crate) fn unread(&self) -> Vec<Descriptor> {
        let is_unread = |blob: &&Descriptor| {
            let digest = &blob.digest;
            let was_read = self.nodes.get(digest).is_some() || self.damaged.contains_key(digest);
            digest.algorithm().is_some() && !was_read
        };
        self.files.blobs.iter().filter(is_unread).cloned().collect()
    }

    pub(crate) fn report(self) -> CheckReport {
        let mut report = CheckReport::default();
        self.files
            .blobs
            .iter()
            .for_each(|blob| report.checked.add(blob.size));
        let named = self.named;
        let problems = &mut report.problems;
        problems.extend(self.marker.err().map(|error| Problem::Marker { error }));
        problems.extend(
            self.damaged
                .into_values()
                .map(|(content, error)| Problem::Damaged {
                    is_named: named.contains(&content.digest),
                    content,
                    error,
                }),
        );
        let missing = self.missing.into_values();
        problems.extend(missing.map(|(content, named_by)| Problem::Missing { content, named_by }));
        problems.extend(self.dangling);
        for blob in self.files.blobs {
            if blob.digest.algorithm().is_none() {
                problems.push(Problem::Unverifiable { digest: blob.digest });
            } else if !named.contains(&blob.digest) {
                problems.push(Problem::Unreferenced { content: blob });
            }
        }
        problems.extend(
            self.files
                .foreign
                .into_iter()
                .map(|path| Problem::Foreign { path }),
        );
        report
    }
}
