//! Extended copy: a graph, and all that refers to it.

use std::collections::HashSet;
use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::stream::{self, FuturesUnordered};
use oras_content::{
    Descriptor, Digest, Fetcher, FetcherExt, GraphTarget, Manifest, ReadOnlyGraphTarget, Result, Storage,
    Verified,
};

use crate::copy::{name, resolve_root};
use crate::engine::{Engine, Job, Root};
use crate::{CopyError, ExtendedCopyOptions, METADATA_CONCURRENCY, Operation};

/// Copies what `source_reference` stands for, with all that it refers to and all that refers to it.
///
/// The referrers of the manifests of an index are copied too. References are as for [`copy`](crate::copy()).
///
/// # Errors
///
/// [`CopyError`] says which step failed on which side. What was copied until then stays.
pub async fn extended_copy<S, D>(
    source: &S,
    source_reference: &str,
    destination: &D,
    destination_reference: &str,
    options: &ExtendedCopyOptions,
) -> Result<Descriptor, CopyError>
where
    S: ReadOnlyGraphTarget + Clone + 'static,
    D: GraphTarget,
{
    let mut root = resolve_root(source, source_reference, options.copy.max_manifest_bytes).await?;
    root.tag = name(&root, source_reference, destination_reference)?;
    let descriptor = root.descriptor.clone();
    let roots = Discovery::new(source, options).run(root).await?;
    let source: Arc<dyn Fetcher> = Arc::new(source.clone());
    let job = Job::new(source, destination, Some(destination), &options.copy);
    Box::pin(Engine::new(&job).run(roots)).await?;
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
    S: ReadOnlyGraphTarget + Clone + 'static,
    D: Storage,
{
    let roots = Discovery::new(source, options).run(node.clone().into()).await?;
    let source: Arc<dyn Fetcher> = Arc::new(source.clone());
    let job = Job::new(source, destination, None, &options.copy);
    Box::pin(Engine::new(&job).run(roots)).await
}

/// The way up: which manifests refer to the root, and to those, many questions at once.
struct Discovery<'a, S> {
    source: &'a S,
    options: &'a ExtendedCopyOptions,
    seen: HashSet<Digest>,
    waiting: Vec<Ask>,
}

struct Ask {
    node: Descriptor,
    content: Option<Verified>,
    depth: usize,
}

struct Answer {
    depth: usize,
    content: Option<Verified>,
    /// Referrers, one level further from the root.
    above: Vec<Descriptor>,
    /// The manifests of an index, whose referrers count as referrers of the index.
    below: Vec<Descriptor>,
    node: Descriptor,
}

impl<'a, S: ReadOnlyGraphTarget> Discovery<'a, S> {
    fn new(source: &'a S, options: &'a ExtendedCopyOptions) -> Self {
        Self {
            source,
            options,
            seen: HashSet::new(),
            waiting: Vec::new(),
        }
    }

    async fn run(mut self, root: Root) -> Result<Vec<Root>, CopyError> {
        let (tag, root_digest) = (root.tag, root.descriptor.digest.clone());
        let mut roots = Vec::new();
        self.add(root.descriptor, root.content, 0);
        let mut asking = FuturesUnordered::new();
        loop {
            while asking.len() < METADATA_CONCURRENCY
                && let Some(ask) = self.waiting.pop()
            {
                asking.push(answer(self.source, self.options, ask));
            }
            let Some(answer) = asking.next().await else {
                break;
            };
            let answer = answer?;
            for node in answer.above {
                self.add(node, None, answer.depth + 1);
            }
            for node in answer.below {
                self.add(node, None, answer.depth);
            }
            let is_root = answer.node.digest == root_digest;
            roots.push(Root {
                descriptor: answer.node,
                content: answer.content,
                tag: tag.clone().filter(|_| is_root),
            });
        }
        Ok(roots)
    }

    fn add(&mut self, node: Descriptor, content: Option<Verified>, depth: usize) {
        if self.seen.insert(node.digest.clone()) {
            self.waiting.push(Ask { node, content, depth });
        }
    }
}

async fn answer<S: ReadOnlyGraphTarget>(
    source: &S,
    options: &ExtendedCopyOptions,
    ask: Ask,
) -> Result<Answer, CopyError> {
    let (content, below) = children(source, options, &ask).await?;
    let above = match options.depth {
        Some(depth) if ask.depth >= depth => Vec::new(),
        _ => referrers(source, options, &ask.node)
            .await
            .map_err(CopyError::source(Operation::FindPredecessors))?,
    };
    Ok(Answer {
        depth: ask.depth,
        content,
        above,
        below,
        node: ask.node,
    })
}

async fn children<S: ReadOnlyGraphTarget>(
    source: &S,
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
        let below = index
            .manifests()
            .iter()
            .filter(|node| node.is_manifest())
            .cloned()
            .collect();
        Ok((Some(content), below))
    };
    read.await.map_err(CopyError::source(Operation::Fetch))
}

async fn referrers<S: ReadOnlyGraphTarget>(
    source: &S,
    options: &ExtendedCopyOptions,
    node: &Descriptor,
) -> Result<Vec<Descriptor>> {
    let Some(wanted) = &options.artifact_type else {
        return source.predecessors(node).await;
    };
    if let Some(lister) = source.referrer_lister() {
        let listed = lister.referrers(node, Some(wanted.as_str()));
        return futures_util::TryStreamExt::try_collect(listed).await;
    }
    let found = stream::iter(source.predecessors(node).await?);
    let of_type = found.filter(|found| {
        let is_wanted = found.artifact_type.as_ref() == Some(wanted);
        async move { is_wanted }
    });
    Ok(of_type.collect().await)
}
