//! Copying many tags: their graphs together, each content once, and each tag with an outcome of its own.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use futures_util::{StreamExt, stream};
use oras_content::{Descriptor, Digest, Name, Result, Store, Tag, Writer};

use crate::engine::{Engine, Job, Root, resolve_root};
use crate::extended::discover;
use crate::platform::select_any;
use crate::verifier::approve;
use crate::{CopyError, CopyOptions, CopyTagsOptions, METADATA_CONCURRENCY, Operation};

/// How many roots are asked for their referrers at once, each by many questions.
const DISCOVERIES: usize = 8;

/// Tags that are copied together, once it is known what they stand for. Nothing was written.
///
/// All graphs are one: content that several tags share is asked for, read and written once. A tag that fails does not
/// end the others; it is given last, when all that its manifest refers to is there. A copy that was interrupted can be run
/// again and completes.
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

/// A tag of several that are copied, and what is known of it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CopiedTag {
    /// The tag, which is the same on both sides unless it was [renamed](CopyTags::renamed).
    pub tag: Tag,
    /// What it stands for at the source, or what platforms select of that; `None` where that is not known, or a
    /// [`Verifier`](crate::Verifier) refused it.
    pub root: Option<Descriptor>,
    /// How many manifests come along because they refer to the root, or to one that does.
    pub referrers: usize,
    /// Why it was not copied with all that belongs to it. What could be copied of it is there.
    pub error: Option<Arc<CopyError>>,
}

/// What one or several tags stand for.
struct Graph {
    root: Digest,
    /// The root, and the manifests that refer to it.
    roots: Vec<Root>,
    referrers: usize,
}

impl<'a> CopyTags<'a> {
    /// Finds out what `tags` of `source` stand for, and what refers to that where the options ask for it.
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

    /// The tags in the order given, each once: what they stand for, or why that is not known.
    pub fn tags(&self) -> &[CopiedTag] {
        &self.tags
    }

    /// Leaves out the tags that `check` refuses, such as those that the destination cannot have: they fail with its error,
    /// and others of the same manifest do not.
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

    /// Leaves out the tags that `keep` does not want, such as those that the destination has already. They are not among
    /// [`tags`](Self::tags) any more.
    #[must_use]
    pub fn retain(mut self, keep: impl Fn(&CopiedTag) -> bool) -> Self {
        self.tags.retain(keep);
        self.prune();
        self
    }

    /// Calls each tag at the destination as `name` says; two tags must not be called the same. From here on, also in what
    /// [`run`](Self::run) returns, tags have these names.
    #[must_use]
    pub fn renamed(mut self, name: impl Fn(&Tag) -> Tag) -> Self {
        let roots = self.graphs.iter_mut().flat_map(|graph| &mut graph.roots);
        let of_roots = roots.flat_map(|root| &mut root.tags);
        let all = self.tags.iter_mut().map(|tag| &mut tag.tag).chain(of_roots);
        all.for_each(|tag| *tag = name(tag));
        self
    }

    /// Leaves out the graphs that no tag goes to.
    fn prune(&mut self) {
        let tags = self.tags.iter().filter(|tag| tag.error.is_none());
        let wanted: HashSet<&Tag> = tags.map(|tag| &tag.tag).collect();
        self.graphs.retain_mut(|graph| {
            let roots = graph.roots.iter_mut();
            roots.for_each(|root| root.tags.retain(|tag| wanted.contains(tag)));
            graph.roots.iter().any(|root| !root.tags.is_empty())
        });
    }

    /// Copies to `destination` what was found; the tags in the order given, each once.
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

    /// What the tags stand for, each manifest once with all its tags.
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

    /// Tells the tags what became of what they stand for.
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

/// What a name resolves to, where the caller approves of it.
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
