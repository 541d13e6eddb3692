//! A repository: the handle that all calls on one repository go through.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use async_trait::async_trait;
use oras_auth::{Action, Scopes};
use oras_content::{
    Content, Deleter, Descriptor, Digest, ErrorSubject, Exists, FetchOptions, Fetcher, Ingester, Location,
    Mounter, PushOptions, Pushed, Pusher, Reference, ReferencePusher, ReferrerKeeper, Result, Source,
    check_repository_name,
};

use crate::core::Core;
use crate::referrers::Referrers;
use crate::{Client, RegistryOptions};

/// A repository of a registry, as a store.
///
/// Clones are cheap, and share what was learnt about the registry.
#[derive(Clone, Debug)]
pub struct Repository {
    pub(crate) core: Arc<Core>,
    pub(crate) name: Arc<str>,
    /// `registry/name`, for errors.
    pub(crate) full_name: Arc<str>,
    /// Where blobs can be mounted from, as [`Location::registry`].
    pub(crate) mount_registry: Arc<str>,
    pub(crate) learnt: Arc<Learnt>,
}

/// What was learnt about how the registry behaves.
#[derive(Debug)]
pub(crate) struct Learnt {
    /// It does not tell by a mount from the same repository whether it has a blob.
    pub(crate) refuses_probe: AtomicBool,
    /// A session that a mount from the same repository opened did its work once.
    pub(crate) probe_works: AtomicBool,
    /// It does not take a blob in the request that ends its upload.
    pub(crate) refuses_put: AtomicBool,
    /// It does not answer `HEAD` for manifests.
    pub(crate) refuses_head: AtomicBool,
    pub(crate) referrers: Referrers,
}

impl Repository {
    /// The repository of `reference`, whose tag and digest do not matter.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidReference`](oras_content::ErrorKind::InvalidReference): the registry cannot be part of a URL.
    pub fn new(client: &Client, reference: &Reference, options: RegistryOptions) -> Result<Self> {
        let core = Core::new(client, reference.registry(), reference.host(), options)?;
        Self::of(Arc::new(core), reference.repository())
    }

    pub(crate) fn of(core: Arc<Core>, name: &str) -> Result<Self> {
        check_repository_name(name)?;
        Ok(Self {
            full_name: format!("{}/{name}", core.registry).into(),
            mount_registry: core.origin.host_port().into(),
            learnt: Arc::new(Learnt {
                refuses_probe: AtomicBool::new(false),
                probe_works: AtomicBool::new(false),
                refuses_put: AtomicBool::new(false),
                refuses_head: AtomicBool::new(false),
                referrers: Referrers::new(core.options.referrers),
            }),
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
        match target.is_manifest() {
            true => self.fetch_manifest_content(target, opts).await,
            false => self.fetch_blob(target, opts).await,
        }
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
