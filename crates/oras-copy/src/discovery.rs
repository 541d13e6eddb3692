//! Discovery of referrers: walks upwards from a root, level by level, with many requests at once.

use std::collections::HashSet;

use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use oras_content::{Descriptor, Digest, Error, Manifest, Result, Store, StoreExt, Tag, Verified};

use crate::engine::Root;
use crate::referrers::{Found, referrers};
use crate::{CopyError, ExtendedCopyOptions, METADATA_CONCURRENCY, Operation};

/// An incremental search for the roots of an extended copy.
pub(crate) struct Discovery<'a> {
    source: &'a dyn Store,
    options: &'a ExtendedCopyOptions,
    seen: HashSet<Digest>,
    /// The root and the tags to give it.
    root: (Digest, Vec<Tag>),
    /// Requests in flight on this level, and nodes still to ask about.
    asking: FuturesUnordered<BoxFuture<'a, Result<Answer, CopyError>>>,
    waiting: Vec<Ask>,
    /// The next level.
    above: Vec<Ask>,
    depth: usize,
    /// Bytes of manifests held by queued nodes.
    held: u64,
    /// Number of direct and indirect referrers of the root found so far.
    pub(crate) referrers: usize,
}

struct Ask {
    node: Descriptor,
    content: Option<Verified>,
    /// The copy created this manifest, so nothing refers to it yet.
    is_generated: bool,
}

struct Answer {
    node: Descriptor,
    content: Option<Verified>,
    is_generated: bool,
    /// Referrers, one level further from the root.
    above: Vec<Found>,
    /// The manifests of an index; their referrers count as referrers of the index.
    below: Vec<Found>,
}

impl<'a> Discovery<'a> {
    pub(crate) fn new(source: &'a dyn Store, options: &'a ExtendedCopyOptions, root: Root) -> Self {
        let digest = root.descriptor.digest.clone();
        let ask = Ask {
            node: root.descriptor,
            content: root.content,
            is_generated: root.is_generated,
        };
        Self {
            source,
            options,
            seen: HashSet::from([digest.clone()]),
            root: (digest, root.tags),
            asking: FuturesUnordered::new(),
            held: size_of(ask.content.as_ref()),
            waiting: vec![ask],
            above: Vec::new(),
            depth: 0,
            referrers: 0,
        }
    }

    /// Returns the next manifest to copy, once its referrers are known, or `None` at the end. `held` is the number of
    /// bytes of manifests the caller holds; they count towards the same limit as those queued here.
    pub(crate) async fn next(&mut self, held: u64) -> Result<Option<Root>, CopyError> {
        loop {
            self.ask();
            if let Some(answer) = self.asking.next().await {
                return self.take(answer?, held).map(Some);
            }
            if self.above.is_empty() {
                return Ok(None);
            }
            self.waiting = std::mem::take(&mut self.above);
            self.depth += 1;
        }
    }

    /// Starts requests for this level, up to the concurrency limit.
    fn ask(&mut self) {
        let follows = self.options.depth.is_none_or(|most| self.depth < most);
        while self.asking.len() < METADATA_CONCURRENCY
            && let Some(ask) = self.waiting.pop()
        {
            self.held -= size_of(ask.content.as_ref());
            let asked = answer(self.source, self.options, ask, follows);
            self.asking.push(Box::pin(asked));
        }
    }

    fn take(&mut self, answer: Answer, held: u64) -> Result<Root, CopyError> {
        let above = self.new_ones(answer.above, held)?;
        self.referrers += above.len();
        self.above.extend(above);
        let below = self.new_ones(answer.below, held)?;
        self.waiting.extend(below);
        let is_root = answer.node.digest == self.root.0;
        Ok(Root {
            descriptor: answer.node,
            content: answer.content,
            tags: match is_root {
                true => std::mem::take(&mut self.root.1),
                false => Vec::new(),
            },
            is_generated: answer.is_generated,
        })
    }

    /// Filters out manifests seen before.
    fn new_ones(&mut self, found: Vec<Found>, held: u64) -> Result<Vec<Ask>, CopyError> {
        let mut new = Vec::new();
        for Found { node, content } in found {
            if !self.seen.insert(node.digest.clone()) {
                continue;
            }
            if self.seen.len() > self.options.max_manifests {
                let error = too_many(&node, self.options);
                return Err(CopyError::source(Operation::FindPredecessors)(error));
            }
            let most = self.options.copy.manifest_memory.saturating_sub(held);
            let content = content.filter(|content| self.held + content.bytes().len() as u64 <= most);
            self.held += size_of(content.as_ref());
            new.push(Ask {
                node,
                content,
                is_generated: false,
            });
        }
        Ok(new)
    }
}

fn size_of(content: Option<&Verified>) -> u64 {
    content.map_or(0, |content| content.bytes().len() as u64)
}

pub(crate) fn too_many(node: &Descriptor, options: &ExtendedCopyOptions) -> Error {
    let graph = format!("the graph above {}", node.digest);
    Error::too_many(graph, "manifests", options.max_manifests as u64)
}

async fn answer(
    source: &dyn Store,
    options: &ExtendedCopyOptions,
    ask: Ask,
    follows: bool,
) -> Result<Answer, CopyError> {
    let (content, below) = children(source, options, &ask).await?;
    let above = match follows && !ask.is_generated {
        true => referrers(source, options, &ask.node).await?,
        false => Vec::new(),
    };
    Ok(Answer {
        node: ask.node,
        content,
        is_generated: ask.is_generated,
        above,
        below: below.into_iter().map(Found::from).collect(),
    })
}

async fn children(
    source: &dyn Store,
    options: &ExtendedCopyOptions,
    ask: &Ask,
) -> Result<(Option<Verified>, Vec<Descriptor>), CopyError> {
    let is_index = ask
        .node
        .media_type
        .manifest_kind()
        .is_some_and(|kind| kind.is_index());
    if !is_index {
        return Ok((ask.content.clone(), Vec::new()));
    }
    let limit = options.copy.max_manifest_bytes;
    let read = async {
        let content = match &ask.content {
            Some(content) => content.clone(),
            None => source.fetch_all(&ask.node, limit).await?,
        };
        let index = Manifest::parse(content.clone())?;
        let listed: HashSet<&Digest> = index.manifests().iter().map(|node| &node.digest).collect();
        let mut below = options.copy.selection.successors(&index).await?;
        below.retain(|node| node.is_manifest() && listed.contains(&node.digest));
        Ok((Some(content), below))
    };
    match read.await.map_err(CopyError::source(Operation::Fetch)) {
        // The copy will report the same error and continue without the index.
        Err(error) if options.copy.keep_going && error.is_of_one_node() => Ok((None, Vec::new())),
        read => read,
    }
}
