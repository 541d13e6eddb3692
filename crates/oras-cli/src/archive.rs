//! A layout in a tar archive, as a place that cannot be written.

use async_trait::async_trait;
use oras::content::{
    Content, FetchOptions, Ingester, Location, Mounter, PushOptions, Pushed, ReferenceFetcher,
    ReferencePusher, ReferrerKeeper, ReferrerLister, Result,
};
use oras::layout::TarLayout;
use oras::{Descriptor, Error, Exists, Fetcher, PredecessorFinder, Pusher, Resolver, Source, Tagger};

pub(crate) struct Archive(pub(crate) TarLayout);

impl Archive {
    fn cannot_be_written<T>(&self) -> Result<T> {
        let archive = self.0.path().display();
        Err(Error::unsupported(format!("writing into the archive {archive}")))
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl Fetcher for Archive {
    async fn fetch_opts(&self, target: &Descriptor, opts: FetchOptions) -> Result<Content> {
        self.0.fetch_opts(target, opts).await
    }

    fn location(&self) -> Option<Location> {
        self.0.location()
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl Exists for Archive {
    async fn exists(&self, target: &Descriptor) -> Result<bool> {
        self.0.exists(target).await
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl Resolver for Archive {
    async fn resolve(&self, reference: &str) -> Result<Descriptor> {
        self.0.resolve(reference).await
    }

    fn reference_fetcher(&self) -> Option<&dyn ReferenceFetcher> {
        self.0.reference_fetcher()
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl PredecessorFinder for Archive {
    async fn predecessors(&self, node: &Descriptor) -> Result<Vec<Descriptor>> {
        self.0.predecessors(node).await
    }

    fn referrer_lister(&self) -> Option<&dyn ReferrerLister> {
        self.0.referrer_lister()
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl Pusher for Archive {
    async fn push_opts(&self, _expected: &Descriptor, _body: Source, _opts: PushOptions) -> Result<Pushed> {
        self.cannot_be_written()
    }

    fn reference_pusher(&self) -> Option<&dyn ReferencePusher> {
        None
    }

    fn mounter(&self) -> Option<&dyn Mounter> {
        None
    }

    fn referrer_keeper(&self) -> Option<&dyn ReferrerKeeper> {
        None
    }

    fn ingester(&self) -> Option<&dyn Ingester> {
        None
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl Tagger for Archive {
    async fn tag(&self, _target: &Descriptor, _reference: &str) -> Result<()> {
        self.cannot_be_written()
    }
}
