//! Copying many tags: their graphs together, each content once, with a separate result for each tag.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use futures_util::{StreamExt, stream};
use oras_content::{Descriptor, Digest, Name, Result, Store, Tag, Writer};

use crate::engine::{Engine, Job, Root, resolve_root};
use crate::extended::discover;
use crate::platform::select_any;
use crate::verifier::approve;
use crate::{CopyError, CopyOptions, CopyTagsOptions, METADATA_CONCURRENCY, Operation};

/// Number of roots whose referrers are discovered at once, each with many requests.
const DISCOVERIES: usize = 8;

/// Tags to copy together, already resolved. Nothing has been written.
///
/// Content that several tags share is checked, read and written once. A tag that fails does not stop the others. Each
/// tag is set last, once everything its manifest refers to is present. An interrupted copy can be run again to complete
/// it.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use oras_content::{StoreExt, Tag, WriterExt};
/// use oras_copy::{CopyTags, CopyTagsOptions};
/// # use oras_memory::MemoryStore;
/// # use oras_pack::{ManifestVersion, PackOptions, pack_manifest};
/// # let (here, there) = (MemoryStore::new(), MemoryStore::new());
/// # let packed = pack_manifest(&here, ManifestVersion::V1_1, "text/x", PackOptions::default()).await?;
/// # here.tag(&packed, "v1").await?;
/// let tags: Vec<Tag> = vec!["v1".parse()?, "none".parse()?];
/// let options = CopyTagsOptions::default();
/// let copied = CopyTags::find(&here, tags, &options).await.run(&there).await;
/// assert_eq!(copied[0].root.as_ref(), Some(&there.resolve("v1").await?));
/// assert!(copied[1].error.is_some());
/// # Ok(())
/// # }
/// ```
pub struct CopyTags<'a> {
    source: &'a dyn Store,
    options: &'a CopyTagsOptions,
    tags: Vec<CopiedTag>,
    graphs: Vec<Graph>,
}

/// One of several copied tags, and its result.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CopiedTag {
    /// The tag, which is the same on both sides unless it was [renamed](CopyTags::renamed).
    pub tag: Tag,
    /// The descriptor the tag resolves to at the source, after platform selection. `None` if it could not be resolved,
    /// or a [`Verifier`](crate::Verifier) rejected it.
    pub root: Option<Descriptor>,
    /// Number of direct and indirect referrers copied with the root.
    pub referrers: usize,
    /// Why the tag was not copied completely. What could be copied of it is present.
    pub error: Option<Arc<CopyError>>,
}

/// The graph that one or several tags resolve to.
struct Graph {
    root: Digest,
    /// The root and its referrers.
    roots: Vec<Root>,
    referrers: usize,
}

impl<'a> CopyTags<'a> {
    /// Resolves `tags` of `source`, and discovers referrers if the options ask for them.
    pub async fn find(source: &'a dyn Store, tags: Vec<Tag>, options: &'a CopyTagsOptions) -> Self {
        let mut found = Self {
            source,
            options,
            tags: Vec::new(),
            graphs: Vec::new(),
        };
        let roots = found.resolve(tags).await;
        let mut graphs = stream::iter(roots.into_iter().map(|root| found.graph(root))).buffered(DISCOVERIES);
        let (mut known, mut failed, mut held) = (Vec::new(), HashMap::new(), 0);
        while let Some((root, graph)) = graphs.next().await {
            match graph {
                Ok(graph) => known.push(graph.within(options.extended.copy.manifest_memory, &mut held)),
                Err(error) => drop(failed.insert(root, Arc::new(error))),
            }
        }
        drop(graphs);
        found.graphs = known;
        found.settle(&failed);
        found
    }

    /// Returns the tags in the order given, without duplicates: their roots, or why they could not be resolved.
    pub fn tags(&self) -> &[CopiedTag] {
        &self.tags
    }

    /// Applies `check` to each tag, for example whether the destination accepts its name. A rejected tag fails with the
    /// returned error; other tags of the same manifest do not.
    #[must_use]
    pub fn checked(mut self, check: impl Fn(&Tag) -> Result<()>) -> Self {
        for tag in self.tags.iter_mut().filter(|tag| tag.error.is_none()) {
            if let Err(error) = check(&tag.tag) {
                let error = CopyError::destination(Operation::Tag)(error);
                tag.error = Some(Arc::new(error));
            }
        }
        self.prune();
        self
    }

    /// Keeps only the tags for which `keep` returns `true`, for example those the destination does not have yet. Others
    /// are removed from [`tags`](Self::tags).
    #[must_use]
    pub fn retain(mut self, keep: impl Fn(&CopiedTag) -> bool) -> Self {
        self.tags.retain(keep);
        self.prune();
        self
    }

    /// Renames the tags at the destination; the new names must be distinct. They replace the old ones here and in the
    /// result of [`run`](Self::run).
    #[must_use]
    pub fn renamed(mut self, name: impl Fn(&Tag) -> Tag) -> Self {
        let roots = self.graphs.iter_mut().flat_map(|graph| &mut graph.roots);
        let of_roots = roots.flat_map(|root| &mut root.tags);
        let all = self.tags.iter_mut().map(|tag| &mut tag.tag).chain(of_roots);
        all.for_each(|tag| *tag = name(tag));
        self
    }

    /// Drops the graphs that have no tag left.
    fn prune(&mut self) {
        let tags = self.tags.iter().filter(|tag| tag.error.is_none());
        let wanted: HashSet<&Tag> = tags.map(|tag| &tag.tag).collect();
        self.graphs.retain_mut(|graph| {
            let roots = graph.roots.iter_mut();
            roots.for_each(|root| root.tags.retain(|tag| wanted.contains(tag)));
            graph.roots.iter().any(|root| !root.tags.is_empty())
        });
    }

    /// Copies the tags to `destination`. Returns them in the order given, without duplicates.
    pub async fn run<D: Writer + ?Sized>(self, destination: &D) -> Vec<CopiedTag> {
        Box::pin(self.copy(&destination)).await
    }

    async fn copy(mut self, destination: &dyn Writer) -> Vec<CopiedTag> {
        let job = Job::new(self.source, destination, &self.options.extended.copy).flushing_once();
        let graphs = std::mem::take(&mut self.graphs);
        let owners: Vec<Digest> = graphs
            .iter()
            .flat_map(|graph| std::iter::repeat_n(graph.root.clone(), graph.roots.len()))
            .collect();
        let roots = graphs.into_iter().flat_map(|graph| graph.roots).collect();
        let errors = Box::pin(Engine::new(&job).run_each(roots)).await;
        let mut failed = HashMap::new();
        for (owner, error) in owners.into_iter().zip(errors) {
            if let Some(error) = error {
                failed.entry(owner).or_insert(error);
            }
        }
        self.settle(&failed);
        self.tags
    }

    /// Resolves the tags and groups them by manifest.
    async fn resolve(&mut self, tags: Vec<Tag>) -> Vec<Root> {
        let (source, options) = (self.source, &self.options.extended.copy);
        let mut seen = HashSet::new();
        let each_once = tags.into_iter().filter(|tag| seen.insert(tag.clone()));
        let mut resolving = stream::iter(each_once.map(|tag| async move {
            let resolved = approved_root(source, &Name::from(tag.clone()), options).await;
            (tag, resolved)
        }))
        .buffered(METADATA_CONCURRENCY);
        let (mut roots, mut places): (Vec<Root>, HashMap<Digest, usize>) = Default::default();
        let mut held = 0;
        while let Some((tag, resolved)) = resolving.next().await {
            let resolved = resolved.map_err(|error| {
                let from = format!("{source}:{tag}");
                Arc::new(error.between(&from, &""))
            });
            self.tags.push(CopiedTag::of(tag.clone(), &resolved));
            let Ok(mut root) = resolved else { continue };
            let next = roots.len();
            let at = *places.entry(root.descriptor.digest.clone()).or_insert(next);
            if at == next {
                root.keep_within(options.manifest_memory, &mut held);
                roots.push(root);
            }
            roots[at].tags.push(tag);
        }
        roots
    }

    async fn graph(&self, root: Root) -> (Digest, Result<Graph, CopyError>) {
        let digest = root.descriptor.digest.clone();
        let alone = |root| Graph {
            root: digest.clone(),
            roots: vec![root],
            referrers: 0,
        };
        if !self.options.referrers || !root.descriptor.is_manifest() {
            return (digest.clone(), Ok(alone(root)));
        }
        let discovered = discover(self.source, root, &self.options.extended).await;
        let graph = discovered.map(|found| Graph {
            root: digest.clone(),
            roots: found.roots,
            referrers: found.referrers,
        });
        (digest, graph.map_err(|error| error.between(&self.source, &"")))
    }

    /// Records the results of the graphs in their tags.
    fn settle(&mut self, failed: &HashMap<Digest, Arc<CopyError>>) {
        let referrers: HashMap<&Digest, usize> = self
            .graphs
            .iter()
            .map(|graph| (&graph.root, graph.referrers))
            .collect();
        for tag in &mut self.tags {
            let Some(root) = &tag.root else { continue };
            if let Some(referrers) = referrers.get(&root.digest) {
                tag.referrers = *referrers;
            }
            if let Some(error) = failed.get(&root.digest) {
                tag.error.get_or_insert_with(|| Arc::clone(error));
            }
        }
    }
}

/// Resolves a name and has the verifier approve it.
async fn approved_root(source: &dyn Store, name: &Name, options: &CopyOptions) -> Result<Root, CopyError> {
    let limit = options.max_manifest_bytes;
    let mut root = resolve_root(source, name, limit).await?;
    let resolved = root.descriptor.clone();
    if !options.platforms.is_empty() {
        let selected = select_any(source, root, &options.platforms, limit).await;
        root = selected.map_err(CopyError::source(Operation::SelectPlatform))?;
    }
    approve(source, name, &resolved, &mut root, options).await?;
    Ok(root)
}

impl CopiedTag {
    fn of(tag: Tag, resolved: &Result<Root, Arc<CopyError>>) -> Self {
        Self {
            tag,
            root: resolved.as_ref().ok().map(|root| root.descriptor.clone()),
            referrers: 0,
            error: resolved.as_ref().err().map(Arc::clone),
        }
    }
}

impl Graph {
    fn within(mut self, limit: u64, held: &mut u64) -> Self {
        for root in &mut self.roots {
            root.keep_within(limit, held);
        }
        self
    }
}

impl std::fmt::Debug for CopyTags<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CopyTags")
            .field("tags", &self.tags)
            .finish_non_exhaustive()
    }
}
