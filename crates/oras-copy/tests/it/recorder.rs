//! A store in memory that writes down what it is asked, and misbehaves on order.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use oras_content::{
    Content, Descriptor, Digest, Error, ErrorKind, Exists, FetchOptions, Fetcher, FetcherExt, Ingester,
    Location, Mounted, Mounter, PredecessorFinder, PushOptions, Pushed, Pusher, PusherExt, ReferencePusher,
    Resolver, Result, Source, Tagger,
};
use oras_memory::MemoryStore;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    Exists(Digest),
    Fetch(Digest),
    Push(Digest),
    Mount(Digest, String),
    Tag(String),
}

#[derive(Clone, Default)]
pub(crate) struct Recorder {
    pub(crate) store: MemoryStore,
    pub(crate) calls: Arc<Mutex<Vec<Call>>>,
    /// Content it claims to have until somebody pushes it.
    pub(crate) claims: Arc<Mutex<HashSet<Digest>>>,
    /// Content that comes out altered until somebody pushes it.
    pub(crate) damaged: Arc<Mutex<HashSet<Digest>>>,
    /// As a repository of this registry.
    pub(crate) location: Option<(String, String)>,
    /// What mounts take content from; all mounts are refused where there is nothing.
    pub(crate) mountable: Option<MemoryStore>,
    /// Whether manifests whose children are missing are refused.
    pub(crate) strict: bool,
}

impl Recorder {
    pub(crate) fn over(store: &MemoryStore) -> Self {
        Self {
            store: store.clone(),
            ..Self::default()
        }
    }

    pub(crate) fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }

    pub(crate) fn count(&self, matches: impl Fn(&Call) -> bool) -> usize {
        self.calls().iter().filter(|call| matches(call)).count()
    }

    pub(crate) fn position(&self, call: &Call) -> usize {
        self.calls()
            .iter()
            .position(|made| made == call)
            .unwrap_or_else(|| panic!("{call:?} was not made"))
    }

    fn note(&self, call: Call) {
        self.calls.lock().unwrap().push(call);
    }

    async fn check_children(&self, expected: &Descriptor, body: &Source) -> Result<()> {
        if !self.strict || !expected.is_manifest() {
            return Ok(());
        }
        let content = body.open(0).await?.read_all(expected).await?;
        let manifest = oras_content::Manifest::parse(content)?;
        for child in manifest.successors() {
            if !self.store.exists(child).await? {
                return Err(Error::new(ErrorKind::MissingContent, expected));
            }
        }
        Ok(())
    }
}

#[async_trait]
impl Fetcher for Recorder {
    async fn fetch_opts(&self, target: &Descriptor, opts: FetchOptions) -> Result<Content> {
        self.note(Call::Fetch(target.digest.clone()));
        if self.damaged.lock().unwrap().contains(&target.digest) {
            return Ok(bytes::Bytes::from(vec![b'?'; target.size as usize]).into());
        }
        self.store.fetch_opts(target, opts).await
    }

    fn location(&self) -> Option<Location> {
        let (registry, repository) = self.location.clone()?;
        Some(Location { registry, repository })
    }
}

#[async_trait]
impl Exists for Recorder {
    async fn exists(&self, target: &Descriptor) -> Result<bool> {
        self.note(Call::Exists(target.digest.clone()));
        let claimed = self.claims.lock().unwrap().contains(&target.digest);
        Ok(claimed || self.store.exists(target).await?)
    }
}

#[async_trait]
impl Pusher for Recorder {
    async fn push_opts(&self, expected: &Descriptor, body: Source, opts: PushOptions) -> Result<Pushed> {
        self.note(Call::Push(expected.digest.clone()));
        self.check_children(expected, &body).await?;
        if opts.force {
            self.damaged.lock().unwrap().remove(&expected.digest);
        }
        self.store.push_opts(expected, body, opts).await
    }

    fn reference_pusher(&self) -> Option<&dyn ReferencePusher> {
        None
    }

    fn mounter(&self) -> Option<&dyn Mounter> {
        self.location.is_some().then_some(self)
    }

    fn ingester(&self) -> Option<&dyn Ingester> {
        self.store.ingester()
    }
}

#[async_trait]
impl Mounter for Recorder {
    fn registry(&self) -> &str {
        self.location.as_ref().map_or("", |(registry, _)| registry)
    }

    async fn mount(&self, target: &Descriptor, from: &str) -> Result<Mounted> {
        self.note(Call::Mount(target.digest.clone(), from.to_owned()));
        let Some(mountable) = &self.mountable else {
            return Ok(Mounted::Refused(None));
        };
        let content = mountable.fetch_all(target, target.size).await?;
        self.store.push(target, content.into()).await?;
        Ok(Mounted::Mounted)
    }
}

#[async_trait]
impl Resolver for Recorder {
    async fn resolve(&self, reference: &str) -> Result<Descriptor> {
        self.store.resolve(reference).await
    }
}

#[async_trait]
impl Tagger for Recorder {
    async fn tag(&self, target: &Descriptor, reference: &str) -> Result<()> {
        self.note(Call::Tag(reference.to_owned()));
        self.store.tag(target, reference).await
    }
}

#[async_trait]
impl PredecessorFinder for Recorder {
    async fn predecessors(&self, node: &Descriptor) -> Result<Vec<Descriptor>> {
        self.store.predecessors(node).await
    }
}
