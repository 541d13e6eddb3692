//! A store in memory that records requests, and misbehaves on demand.

use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use oras_content::{
    Descriptor, Digest, Error, ErrorKind, Location, Name, Offered, OpenOptions, Opened, Payload,
    PredecessorFinder, PushOptions, Pushed, ResolveOptions, Resolved, Result, Store, StoreExt, Tag,
    VerifyError, Writer, WriterExt,
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
    /// Content it claims to have until it is pushed.
    pub(crate) claims: Arc<Mutex<HashSet<Digest>>>,
    /// Content with a wrong length until it is pushed.
    pub(crate) truncated: Arc<Mutex<HashSet<Digest>>>,
    /// Content that is read altered until it is pushed.
    pub(crate) damaged: Arc<Mutex<HashSet<Digest>>>,
    /// The registry and repository it pretends to be.
    pub(crate) location: Option<(String, String)>,
    /// The source of mounts. Without one, all mounts are refused.
    pub(crate) mountable: Option<MemoryStore>,
    /// Whether manifests with missing children are refused.
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

    async fn check_children(&self, expected: &Descriptor, payload: &Payload) -> Result<()> {
        if !self.strict || !expected.is_manifest() {
            return Ok(());
        }
        let content = payload.read_all(expected).await?;
        let manifest = oras_content::Manifest::parse(content)?;
        for child in manifest.successors() {
            if !self.store.exists(child).await? {
                return Err(Error::new(ErrorKind::MissingContent, expected));
            }
        }
        Ok(())
    }
}

impl fmt::Display for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the recorder")
    }
}

#[async_trait]
impl Store for Recorder {
    async fn open(&self, target: &Descriptor, opts: OpenOptions) -> Result<Opened> {
        self.note(Call::Fetch(target.digest.clone()));
        if self.damaged.lock().unwrap().contains(&target.digest) {
            let altered = bytes::Bytes::from(vec![b'?'; target.size as usize]);
            return Ok(Opened::of_bytes(&altered, opts));
        }
        self.store.open(target, opts).await
    }

    async fn resolve_opts(&self, name: &Name, opts: ResolveOptions) -> Result<Resolved> {
        self.store.resolve_opts(name, opts).await
    }

    async fn exists(&self, target: &Descriptor) -> Result<bool> {
        self.note(Call::Exists(target.digest.clone()));
        if self.truncated.lock().unwrap().contains(&target.digest) {
            let (expected, actual) = (target.size, 0);
            return Err(Error::verify(target, VerifyError::Size { expected, actual }));
        }
        let claimed = self.claims.lock().unwrap().contains(&target.digest);
        Ok(claimed || self.store.exists(target).await?)
    }

    fn location(&self) -> Option<Location> {
        let (registry, repository) = self.location.clone()?;
        Some(Location { registry, repository })
    }

    fn writer(&self) -> Option<&dyn Writer> {
        Some(self)
    }

    fn predecessor_finder(&self) -> Option<&dyn PredecessorFinder> {
        Some(&self.store)
    }
}

#[async_trait]
impl Writer for Recorder {
    async fn push_opts(&self, expected: &Descriptor, payload: Payload, opts: PushOptions) -> Result<Pushed> {
        self.note(Call::Push(expected.digest.clone()));
        self.check_children(expected, &payload).await?;
        if opts.force {
            self.damaged.lock().unwrap().remove(&expected.digest);
            self.truncated.lock().unwrap().remove(&expected.digest);
        }
        for tag in &opts.tags {
            self.note(Call::Tag(tag.to_string()));
        }
        self.store.push_opts(expected, payload, opts).await
    }

    async fn set_tag(&self, target: &Descriptor, tag: &Tag) -> Result<()> {
        self.note(Call::Tag(tag.to_string()));
        let content = self.store.fetch_all(target, target.size).await?;
        self.check_children(target, &content.into()).await?;
        self.store.set_tag(target, tag).await
    }

    async fn offer(&self, expected: &Descriptor, opts: &PushOptions) -> Result<Offered> {
        for from in &opts.mount_from {
            self.note(Call::Mount(expected.digest.clone(), from.repository.clone()));
            let Some(mountable) = &self.mountable else {
                continue;
            };
            let content = mountable.fetch_all(expected, expected.size).await?;
            self.store.push(expected, content).await?;
            return Ok(Offered::Mounted);
        }
        if expected.is_manifest() && self.exists(expected).await? {
            return Ok(Offered::Present);
        }
        Ok(Offered::Wanted(None))
    }
}
