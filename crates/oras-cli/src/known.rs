//! A store with one name resolved in advance.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use oras::content::{
    Deleter, Location, OpenOptions, Opened, PredecessorFinder, ReferrerKeeper, ReferrerLister,
    ResolveOptions, Resolved, Result, Stager, TagLister, Untagger, Writer,
};
use oras::{ContentLister, CopyOptions, Descriptor, Digest, Name, Store};

/// A store that resolves one name only once, and remembers the manifest that came with it.
pub(crate) struct Known {
    store: Arc<dyn Store>,
    name: Name,
    resolved: Resolved,
}

impl Known {
    /// Resolves `name` as a copy does.
    pub(crate) async fn resolve(store: Arc<dyn Store>, name: &Name) -> Result<Self> {
        let opts = ResolveOptions::default().with_read(CopyOptions::default().max_manifest_bytes);
        let resolved = store.resolve_opts(name, opts).await?;
        Ok(Self {
            store,
            name: name.clone(),
            resolved,
        })
    }

    fn knows(&self, name: &Name) -> bool {
        *name == self.name || name.digest() == Some(&self.resolved.descriptor.digest)
    }
}

impl fmt::Display for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.store.fmt(f)
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl Store for Known {
    async fn open(&self, target: &Descriptor, opts: OpenOptions) -> Result<Opened> {
        self.store.open(target, opts).await
    }

    async fn resolve_opts(&self, name: &Name, opts: ResolveOptions) -> Result<Resolved> {
        match self.knows(name) {
            true => Ok(self.resolved.clone()),
            false => self.store.resolve_opts(name, opts).await,
        }
    }

    async fn resolve_blob(&self, digest: &Digest) -> Result<Descriptor> {
        self.store.resolve_blob(digest).await
    }

    async fn exists(&self, target: &Descriptor) -> Result<bool> {
        self.store.exists(target).await
    }

    fn location(&self) -> Option<Location> {
        self.store.location()
    }

    fn writer(&self) -> Option<&dyn Writer> {
        self.store.writer()
    }

    fn stager(&self) -> Option<&dyn Stager> {
        self.store.stager()
    }

    fn deleter(&self) -> Option<&dyn Deleter> {
        self.store.deleter()
    }

    fn untagger(&self) -> Option<&dyn Untagger> {
        self.store.untagger()
    }

    fn tag_lister(&self) -> Option<&dyn TagLister> {
        self.store.tag_lister()
    }

    fn content_lister(&self) -> Option<&dyn ContentLister> {
        self.store.content_lister()
    }

    fn predecessor_finder(&self) -> Option<&dyn PredecessorFinder> {
        self.store.predecessor_finder()
    }

    fn referrer_lister(&self) -> Option<&dyn ReferrerLister> {
        self.store.referrer_lister()
    }

    fn referrer_keeper(&self) -> Option<&dyn ReferrerKeeper> {
        self.store.referrer_keeper()
    }
}
