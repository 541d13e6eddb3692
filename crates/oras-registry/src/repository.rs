//! A repository: the handle for all calls on it.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use oras_auth::{Action, Scopes};
use oras_content::{
    Deleter, Descriptor, Digest, Error, ErrorSubject, Location, Name, Offered, OpenOptions, OpenUpload,
    Opened, Payload, PredecessorFinder, PushOptions, Pushed, Reference, ReferrerKeeper, ReferrerLister,
    ResolveOptions, Resolved, Result, Store, Tag, TagLister, Untagger, Writer, check_repository_name,
};

use crate::core::Core;
use crate::learnt::Learnt;
use crate::mirror::{Mirror, Wanted, endpoints};
use crate::referrers::Referrers;
use crate::{Client, RegistryOptions};

/// A repository of a registry, as a store. Created by [`Client::repository`].
///
/// Clones are cheap. All handles of one client share what was learnt of the registry.
#[derive(Clone, Debug)]
pub struct Repository {
    pub(crate) core: Arc<Core>,
    pub(crate) name: Arc<str>,
    /// `registry/name`, for errors.
    pub(crate) full_name: Arc<str>,
    /// The registry that blobs can be mounted from, as in [`Location::registry`].
    pub(crate) mount_registry: Arc<str>,
    /// What was learnt of the registry, shared by all handles of one client.
    pub(crate) learnt: Arc<Learnt>,
    pub(crate) referrers: Arc<Referrers>,
    /// The mirrors to read from, in order.
    pub(crate) mirrors: Arc<[Mirror]>,
    /// For a mirror, the other endpoints that have its content, in order.
    pub(crate) fallback_endpoints: Arc<[Self]>,
}

impl Repository {
    pub(crate) fn open(client: &Client, reference: &Reference, options: RegistryOptions) -> Result<Self> {
        let (own, mirrors) = endpoints(client, reference)?;
        let name = own.repository.as_deref().unwrap_or(reference.repository());
        let core = Core::open(client, reference, &own, options.clone())?;
        let own = Self::at(Arc::new(core), name)?;
        let mut opened: VecDeque<Mirror> = VecDeque::new();
        for mirror in mirrors.iter().rev() {
            let later = opened.iter().filter_map(Mirror::of_digests);
            let fallback_endpoints = later.chain([&own]).cloned().collect();
            opened.push_front(Mirror::open(
                client,
                reference,
                mirror,
                &options,
                fallback_endpoints,
            )?);
        }
        Ok(Self {
            mirrors: opened.into_iter().collect(),
            ..own
        })
    }

    /// The repository of this name on one server.
    pub(crate) fn at(core: Arc<Core>, name: &str) -> Result<Self> {
        check_repository_name(name)?;
        Ok(Self {
            full_name: format!("{}/{name}", core.registry).into(),
            mount_registry: core.origin.host_port().into(),
            referrers: Arc::new(Referrers::new(core.options.referrers, Arc::clone(&core.learnt))),
            learnt: Arc::clone(&core.learnt),
            mirrors: Arc::default(),
            fallback_endpoints: Arc::default(),
            name: name.into(),
            core,
        })
    }

    /// Returns the registry and the name of the repository.
    pub fn full_name(&self) -> &str {
        &self.full_name
    }

    /// Returns the name of the repository within its registry.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn pull(&self) -> Scopes {
        Scopes::repository(&self.name, &[Action::Pull])
    }

    pub(crate) fn push(&self) -> Scopes {
        Scopes::repository(&self.name, &[Action::Pull, Action::Push])
    }

    /// Only deletions ask for the right to delete, because some registries refuse tokens that ask for it.
    pub(crate) fn delete(&self) -> Scopes {
        Scopes::repository(&self.name, &[Action::Pull, Action::Delete])
    }

    async fn open_here(&self, target: &Descriptor, opts: OpenOptions) -> Result<Opened> {
        match target.is_manifest() {
            true => self.open_manifest(target, opts).await,
            false => self.open_blob(target, opts).await,
        }
    }

    /// `registry/name@digest`, for errors.
    pub(crate) fn describe(&self, target: &Descriptor) -> ErrorSubject {
        self.by_digest(&target.digest)
    }

    pub(crate) fn by_digest(&self, digest: &Digest) -> ErrorSubject {
        let subject = self.core.subject(format!("{}@{digest}", self.full_name));
        subject.with_digest(digest.clone())
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.full_name)
    }
}

#[async_trait]
impl Store for Repository {
    async fn open(&self, target: &Descriptor, opts: OpenOptions) -> Result<Opened> {
        self.read(Wanted::Digest, |place| place.open_here(target, opts))
            .await
    }

    async fn resolve_opts(&self, name: &Name, opts: ResolveOptions) -> Result<Resolved> {
        self.read(Wanted::by(name), |place| place.resolve_here(name, opts))
            .await
    }

    async fn resolve_blob(&self, digest: &Digest) -> Result<Descriptor> {
        self.read(Wanted::Digest, |place| place.describe_blob(digest))
            .await
    }

    async fn exists(&self, target: &Descriptor) -> Result<bool> {
        match target.is_manifest() {
            true => self.manifest_exists(target).await,
            false => self.blob_exists(target).await,
        }
    }

    fn location(&self) -> Option<Location> {
        Some(Location {
            registry: self.mount_registry.to_string(),
            repository: self.name.to_string(),
        })
    }

    fn writer(&self) -> Option<&dyn Writer> {
        Some(self)
    }

    fn deleter(&self) -> Option<&dyn Deleter> {
        Some(self)
    }

    fn untagger(&self) -> Option<&dyn Untagger> {
        Some(self)
    }

    fn tag_lister(&self) -> Option<&dyn TagLister> {
        Some(self)
    }

    fn predecessor_finder(&self) -> Option<&dyn PredecessorFinder> {
        Some(self)
    }

    fn referrer_lister(&self) -> Option<&dyn ReferrerLister> {
        Some(self)
    }

    fn referrer_keeper(&self) -> Option<&dyn ReferrerKeeper> {
        Some(self)
    }
}

/// Manifests are pushed even if they exist. Only manifests can be tagged.
#[async_trait]
impl Writer for Repository {
    async fn push_opts(&self, expected: &Descriptor, payload: Payload, opts: PushOptions) -> Result<Pushed> {
        if expected.is_manifest() {
            self.push_manifest(expected, payload, &opts.tags).await?;
            return Ok(Pushed::Stored);
        }
        if let Some(tag) = opts.tags.first() {
            let blob = self.describe(expected);
            let what = blob.reworded(format!("giving the blob {blob} the tag {tag}"));
            return Err(Error::unsupported(what));
        }
        self.push_blob(expected, payload, opts).await
    }

    async fn set_tag(&self, target: &Descriptor, tag: &Tag) -> Result<()> {
        self.tag_manifest(target, tag).await
    }

    async fn offer(&self, expected: &Descriptor, opts: &PushOptions) -> Result<Offered> {
        match expected.is_manifest() {
            true => self.offer_manifest(expected, opts.force).await,
            false => self.offer_blob(expected, opts).await,
        }
    }

    async fn abandon(&self, upload: OpenUpload) {
        self.abandon_upload(&upload).await;
    }
}

#[async_trait]
impl Deleter for Repository {
    async fn delete(&self, target: &Descriptor) -> Result<()> {
        match target.is_manifest() {
            true => self.delete_manifest(target).await,
            false => self.delete_blob(target).await,
        }
    }
}
