//! Extended copy: a graph, and all that refers to it.
//!
//! Spec: distribution-spec v1.1, "Listing Referrers".

use std::collections::HashSet;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use oras_content::{
    Descriptor, Digest, Error, IntoName, Manifest, Result, Store, StoreExt, Verified, Writer,
};

use crate::copy::select_root;
use crate::engine::{Engine, Job, Root};
use crate::names::Names;
use crate::referrers::{Found, referrers};
use crate::verifier::approve_given;
use crate::{CopyError, ExtendedCopyOptions, METADATA_CONCURRENCY, Operation};

/// Copies what `source_name` resolves to, with all that it refers to and all that refers to it.
///
/// The referrers of the manifests of an index are copied too. Names are as for [`copy`](crate::copy()).
///
/// # Errors
///
/// [`CopyError`] says which step failed on which side. What was copied until then stays.
pub async fn extended_copy<S, D>(
    source: &S,
    source_name: impl IntoName,
    destination: &D,
    destination_name: impl IntoName,
    options: &ExtendedCopyOptions,
) -> Result<Descriptor, CopyError>
where
    S: Store + ?Sized,
    D: Writer + ?Sized,
{
    let names = Names::of(&source, source_name, &destination, destination_name)?;
    let copied = Box::pin(copy_named(&source, &destination, &names, options)).await;
    copied.map_err(|error| error.between(&names.source_text, &names.destination_text))
}

async fn copy_named(
    source: &dyn Store,
    destination: &dyn Writer,
    names: &Names,
    options: &ExtendedCopyOptions,
) -> Result<Descriptor, CopyError> {
    let root = select_root(source, names, &options.copy).await?;
    let descriptor = root.descriptor.clone();
    copy_above(source, destination, root, options).await?;
    Ok(descriptor)
}

/// Copies `node`, with all that it refers to and all that refers to it. No name is given.
///
/// # Errors
///
/// [`CopyError`] says which step failed on which side. What was copied until then stays.
pub async fn extended_copy_graph<S, D>(
    source: &S,
    destination: &D,
    node: &Descriptor,
    options: &ExtendedCopyOptions,
) -> Result<(), CopyError>
where
    S: Store + ?Sized,
    D: Writer + ?Sized,
{
    let copied = Box::pin(copy_given(&source, &destination, node.clone().into(), options)).await;
    copied.map_err(|error| error.between(&source, &destination))
}

async fn copy_given(
    source: &dyn Store,
    destination: &dyn Writer,
    mut root: Root,
    options: &ExtendedCopyOptions,
) -> Result<(), CopyError> {
    approve_given(source, &mut root, &options.copy).await?;
    copy_above(source, destination, root, options).await
}

async fn copy_above(
    source: &dyn Store,
    destination: &dyn Writer,
    root: Root,
    options: &ExtendedCopyOptions,
) -> Result<(), CopyError> {
    let roots = discover(source, root, options).await?.roots;
    let job = Job::new(source, destination, &options.copy);
    Engine::new(&job).run(roots).await.map(drop)
}

/// What an extended copy of a root starts from.
pub(crate) struct Discovered {
    /// The root, the manifests that refer to it, and those of indexes among them.
    pub(crate) roots: Vec<Root>,
    /// How many manifests refer to the root, or to one that does.
    pub(crate) referrers: usize,
}

/// Finds all that refers to `root`, and to what refers to it.
pub(crate) async fn discover(
    source: &dyn Store,
    root: Root,
    options: &ExtendedCopyOptions,
) -> Result<Discovered, CopyError> {
    Discovery::new(source, options).run(root).await
}

/// The way up: which manifests refer to the root, and to those, level by level, many questions at once.
struct Discovery<'a> {
    source: &'a dyn Store,
    options: &'a ExtendedCopyOptions,
    seen: HashSet<Digest>,
    roots: Vec<Root>,
    /// Bytes of manifests that are kept for the copy.
    held: u64,
    referrers: usize,
}

struct Ask {
    node: Descriptor,
    content: Option<Verified>,
    /// Nobody but this copy has it.
    is_made: bool,
}

struct Answer {
    node: Descriptor,
    content: Option<Verified>,
    is_made: bool,
    /// Referrers, one level further from the root.
    above: Vec<Found>,
    /// The manifests of an index, whose referrers count as referrers of the index.
    below: Vec<Found>,
}

impl<'a> Discovery<'a> {
    fn new(source: &'a dyn Store, options: &'a ExtendedCopyOptions) -> Self {
        Self {
            source,
            options,
            seen: HashSet::new(),
            roots: Vec::new(),
            held: 0,
            referrers: 0,
        }
    }

    async fn run(mut self, root: Root) -> Result<Discovered, CopyError> {
        let (tags, digest) = (root.tags, root.descriptor.digest.clone());
        self.seen.insert(digest.clone());
        self.held += size_of(root.content.as_ref());
        let mut level = vec![Ask {
            node: root.descriptor,
            content: root.content,
            is_made: root.is_made,
        }];
        let mut depth = 0;
        while !level.is_empty() {
            let follows = self.options.depth.is_none_or(|most| depth < most);
            level = self.ask(level, follows).await?;
            depth += 1;
        }
        if let Some(root) = self
            .roots
            .iter_mut()
            .find(|root| root.descriptor.digest == digest)
        {
            root.tags = tags;
        }
        Ok(Discovered {
            roots: self.roots,
            referrers: self.referrers,
        })
    }

    /// Asks about the manifests of one level, and returns those of the next.
    async fn ask(&mut self, mut waiting: Vec<Ask>, follows: bool) -> Result<Vec<Ask>, CopyError> {
        let mut next = Vec::new();
        let mut asking = FuturesUnordered::new();
        loop {
            while asking.len() < METADATA_CONCURRENCY
                && let Some(ask) = waiting.pop()
            {
                self.held -= size_of(ask.content.as_ref());
                asking.push(answer(self.source, self.options, ask, follows));
            }
            let Some(answer) = asking.next().await else {
                return Ok(next);
            };
            let answer = answer?;
            self.referrers += self.take(answer.above, &mut next)?;
            self.take(answer.below, &mut waiting)?;
            self.keep(answer.node, answer.content, answer.is_made);
        }
    }

    /// Queues the manifests that were not seen before; how many those are.
    fn take(&mut self, found: Vec<Found>, queue: &mut Vec<Ask>) -> Result<usize, CopyError> {
        let before = queue.len();
        for Found { node, content } in found {
            if !self.seen.insert(node.digest.clone()) {
                continue;
            }
            if self.seen.len() > self.options.max_manifests {
                let error = too_many(&node, self.options);
                return Err(CopyError::source(Operation::FindPredecessors)(error));
            }
            let content = content.filter(|content| self.fits(Some(content)));
            self.held += size_of(content.as_ref());
            queue.push(Ask {
                node,
                content,
                is_made: false,
            });
        }
        Ok(queue.len() - before)
    }

    fn keep(&mut self, node: Descriptor, content: Option<Verified>, is_made: bool) {
        let fits = self.fits(content.as_ref());
        let mut root = Root::from(node);
        root.is_made = is_made;
        if fits || is_made {
            self.held += size_of(content.as_ref());
            root.content = content;
        }
        self.roots.push(root);
    }

    fn fits(&self, content: Option<&Verified>) -> bool {
        self.held.saturating_add(size_of(content)) <= self.options.copy.manifest_memory
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
    let above = match follows && !ask.is_made {
        true => referrers(source, options, &ask.node).await?,
        false => Vec::new(),
    };
    Ok(Answer {
        node: ask.node,
        content,
        is_made: ask.is_made,
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
        // The copy comes upon the same error, and goes on without the index.
        Err(error) if options.copy.keep_going && error.is_of_one_node() => Ok((None, Vec::new())),
        read => read,
    }
}
