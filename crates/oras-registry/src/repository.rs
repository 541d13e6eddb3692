//! A repository: the handle that all calls on one repository go through.

use std::sync::Arc;

use async_trait::async_trait;
use oras_auth::{Action, Scopes};
use oras_content::{
    Content, Deleter, Descriptor, Digest, ErrorSubject, Exists, FetchOptions, Fetcher, Ingester, Location,
    Mounter, PushOptions, Pushed, Pusher, Reference, ReferencePusher, ReferrerKeeper, Result, Source,
    check_repository_name,
};

use crate::core::Core;
use crate::learnt::Learnt;
use crate::mirror::{Mirror, Wanted, endpoints};
use crate::referrers::Referrers;
use crate::{Client, RegistryOptions};

/// A repository of a registry, as a store, made by [`Client::repository`].
///
/// Clones are cheap. All handles of one client share what was learnt of the registry.
#[derive(Clone, Debug)]
pub struct Repository {
    pub(crate) core: Arc<Core>,
    pub(crate) name: Arc<str>,
    /// `registry/name`, for errors.
    pub(crate) full_name: Arc<str>,
    /// Where blobs can be mounted from, as [`Location::registry`].
    pub(crate) mount_registry: Arc<str>,
    /// What was learnt of the registry, shared by all handles of one client.
    pub(crate) learnt: Arc<Learnt>,
    pub(crate) referrers: Arc<Referrers>,
    /// What may be read from instead, in this order.
    pub(crate) mirrors: Arc<[Mirror]>,
}

impl Repository {
    pub(crate) fn open(client: &Client, reference: &Reference, options: RegistryOptions) -> Result<Self> {
        let (own, mirrors) = endpoints(client, reference)?;
        let mirrors = mirrors
            .iter()
            .map(|mirror| Mirror::open(client, reference, mirror, &options))
            .collect::<Result<_>>()?;
        let name = own.repository.as_deref().unwrap_or(reference.repository());
        let core = Core::open(client, reference, &own, options)?;
        Ok(Self {
            mirrors,
            ..Self::at(Arc::new(core), name)?
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
            name: name.into(),
            core,
        })
    }

    /// The registry and the name of the repository.
    pub fn full_name(&self) -> &str {
        &self.full_name
    }

    /// The name of the repository within its registry.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn pull(&self) -> Scopes {
        Scopes::repository(&self.name, &[Action::Pull])
    }

    pub(crate) fn push(&self) -> Scopes {
        Scopes::repository(&self.name, &[Action::Pull, Action::Push])
    }

    /// Only deletes ask for the right to delete: some registries refuse tokens that ask for it.
    pub(crate) fn delete(&self) -> Scopes {
        Scopes::repository(&self.name, &[Action::Pull, Action::Delete])
    }

    async fn fetch_here(&self, target: &Descriptor, opts: FetchOptions) -> Result<Content> {
        match target.is_manifest() {
            true => self.fetch_manifest_content(target, opts).await,
            false => self.fetch_blob(target, opts).await,
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

#[async_trait]
impl Fetcher for Repository {
    async fn fetch_opts(&self, target: &Descriptor, opts: FetchOptions) -> Result<Content> {
        self.read(Wanted::Digest, |place| place.fetch_here(target, opts.clone()))
            .await
    }

    fn location(&self) -> Option<Location> {
        Some(Location {
            registry: self.mount_registry.to_string(),
            repository: self.name.to_string(),
        })
    }
}

#[async_trait]
impl Exists for Repository {
    async fn exists(&self, target: &Descriptor) -> Result<bool> {
        match target.is_manifest() {
            true => self.manifest_exists(target).await,
            false => self.blob_exists(target).await,
        }
    }
}

#[async_trait]
impl Pusher for Repository {
    async fn push_opts(&self, expected: &Descriptor, body: Source, opts: PushOptions) -> Result<Pushed> {
        if !expected.is_manifest() {
            return self.push_blob(expected, body, opts).await;
        }
        self.push_manifest(expected, body, expected.digest.as_str())
            .await?;
        Ok(Pushed::Stored)
    }

    fn reference_pusher(&self) -> Option<&dyn ReferencePusher> {
        Some(self)
    }

    fn mounter(&self) -> Option<&dyn Mounter> {
        Some(self)
    }

    fn referrer_keeper(&self) -> Option<&dyn ReferrerKeeper> {
        Some(self)
    }

    fn ingester(&self) -> Option<&dyn Ingester> {
        None
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
