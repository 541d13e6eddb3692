//! Every capability of a store is one of a pointer to it.

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::stream::BoxStream;

use super::*;
use crate::{Content, Descriptor, Result, Source};

macro_rules! forward {
    ($(($($generic:tt)*) $pointer:ty;)*) => {$(
        #[async_trait]
        #[deny(clippy::missing_trait_methods)]
        impl<$($generic)* T: Fetcher + ?Sized> Fetcher for $pointer {
            async fn fetch_opts(&self, target: &Descriptor, opts: FetchOptions) -> Result<Content> {
                (**self).fetch_opts(target, opts).await
            }

            fn location(&self) -> Option<Location> {
                (**self).location()
            }
        }

        #[async_trait]
        #[deny(clippy::missing_trait_methods)]
        impl<$($generic)* T: Exists + ?Sized> Exists for $pointer {
            async fn exists(&self, target: &Descriptor) -> Result<bool> {
                (**self).exists(target).await
            }
        }

        #[async_trait]
        #[deny(clippy::missing_trait_methods)]
        impl<$($generic)* T: Pusher + ?Sized> Pusher for $pointer {
            async fn push_opts(&self, expected: &Descriptor, body: Source, opts: PushOptions) -> Result<Pushed> {
                (**self).push_opts(expected, body, opts).await
            }

            fn reference_pusher(&self) -> Option<&dyn ReferencePusher> {
                (**self).reference_pusher()
            }

            fn mounter(&self) -> Option<&dyn Mounter> {
                (**self).mounter()
            }

            fn referrer_keeper(&self) -> Option<&dyn ReferrerKeeper> {
                (**self).referrer_keeper()
            }

            fn ingester(&self) -> Option<&dyn Ingester> {
                (**self).ingester()
            }
        }

        #[async_trait]
        #[deny(clippy::missing_trait_methods)]
        impl<$($generic)* T: Resolver + ?Sized> Resolver for $pointer {
            async fn resolve(&self, reference: &str) -> Result<Descriptor> {
                (**self).resolve(reference).await
            }

            fn reference_fetcher(&self) -> Option<&dyn ReferenceFetcher> {
                (**self).reference_fetcher()
            }
        }

        #[async_trait]
        #[deny(clippy::missing_trait_methods)]
        impl<$($generic)* T: Tagger + ?Sized> Tagger for $pointer {
            async fn tag(&self, target: &Descriptor, reference: &str) -> Result<()> {
                (**self).tag(target, reference).await
            }
        }

        #[async_trait]
        #[deny(clippy::missing_trait_methods)]
        impl<$($generic)* T: Untagger + ?Sized> Untagger for $pointer {
            async fn untag(&self, reference: &str) -> Result<()> {
                (**self).untag(reference).await
            }
        }

        #[async_trait]
        #[deny(clippy::missing_trait_methods)]
        impl<$($generic)* T: Deleter + ?Sized> Deleter for $pointer {
            async fn delete(&self, target: &Descriptor) -> Result<()> {
                (**self).delete(target).await
            }
        }

        #[deny(clippy::missing_trait_methods)]
        impl<$($generic)* T: TagLister + ?Sized> TagLister for $pointer {
            fn tags(&self, opts: TagListOptions) -> BoxStream<'_, Result<String>> {
                (**self).tags(opts)
            }
        }

        #[async_trait]
        #[deny(clippy::missing_trait_methods)]
        impl<$($generic)* T: PredecessorFinder + ?Sized> PredecessorFinder for $pointer {
            async fn predecessors(&self, node: &Descriptor) -> Result<Vec<Descriptor>> {
                (**self).predecessors(node).await
            }

            fn referrer_lister(&self) -> Option<&dyn ReferrerLister> {
                (**self).referrer_lister()
            }
        }
    )*};
}

forward! {
    () Arc<T>;
    () Box<T>;
    ('a,) &'a T;
}
