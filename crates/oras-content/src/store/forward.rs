//! Store traits for pointers to stores.

use std::sync::Arc;

use async_trait::async_trait;

use super::*;
use crate::{Descriptor, Digest, Name, Payload, Result, Tag};

macro_rules! forward {
    ($(($($generic:tt)*) $pointer:ty;)*) => {$(
        #[async_trait]
        #[deny(clippy::missing_trait_methods)]
        impl<$($generic)* T: Store + ?Sized> Store for $pointer {
            async fn open(&self, target: &Descriptor, opts: OpenOptions) -> Result<Opened> {
                (**self).open(target, opts).await
            }

            async fn resolve_opts(&self, name: &Name, opts: ResolveOptions) -> Result<Resolved> {
                (**self).resolve_opts(name, opts).await
            }

            async fn resolve_blob(&self, digest: &Digest) -> Result<Descriptor> {
                (**self).resolve_blob(digest).await
            }

            async fn exists(&self, target: &Descriptor) -> Result<bool> {
                (**self).exists(target).await
            }

            fn location(&self) -> Option<Location> {
                (**self).location()
            }

            fn writer(&self) -> Option<&dyn Writer> {
                (**self).writer()
            }

            fn stager(&self) -> Option<&dyn Stager> {
                (**self).stager()
            }

            fn deleter(&self) -> Option<&dyn Deleter> {
                (**self).deleter()
            }

            fn untagger(&self) -> Option<&dyn Untagger> {
                (**self).untagger()
            }

            fn tag_lister(&self) -> Option<&dyn TagLister> {
                (**self).tag_lister()
            }

            fn content_lister(&self) -> Option<&dyn ContentLister> {
                (**self).content_lister()
            }

            fn predecessor_finder(&self) -> Option<&dyn PredecessorFinder> {
                (**self).predecessor_finder()
            }

            fn referrer_lister(&self) -> Option<&dyn ReferrerLister> {
                (**self).referrer_lister()
            }

            fn referrer_keeper(&self) -> Option<&dyn ReferrerKeeper> {
                (**self).referrer_keeper()
            }
        }

        #[async_trait]
        #[deny(clippy::missing_trait_methods)]
        impl<$($generic)* T: Writer + ?Sized> Writer for $pointer {
            async fn push_opts(
                &self,
                expected: &Descriptor,
                payload: Payload,
                opts: PushOptions,
            ) -> Result<Pushed> {
                (**self).push_opts(expected, payload, opts).await
            }

            async fn set_tag(&self, target: &Descriptor, tag: &Tag) -> Result<()> {
                (**self).set_tag(target, tag).await
            }

            async fn offer(&self, expected: &Descriptor, opts: &PushOptions) -> Result<Offered> {
                (**self).offer(expected, opts).await
            }

            async fn abandon(&self, upload: OpenUpload) {
                (**self).abandon(upload).await;
            }

            fn batch(&self) -> Option<Box<dyn Batch + '_>> {
                (**self).batch()
            }
        }

        #[async_trait]
        #[deny(clippy::missing_trait_methods)]
        impl<$($generic)* T: Batch + ?Sized> Batch for $pointer {
            async fn flush(&self) -> Result<()> {
                (**self).flush().await
            }
        }
    )*};
}

forward! {
    () Arc<T>;
    () Box<T>;
    ('a,) &'a T;
}
