//! View: one repository in a layout of several.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt};
use oras::content::{
    Batch, Deleter, Location, Offered, OpenOptions, OpenUpload, Opened, Payload, PredecessorFinder,
    PushOptions, Pushed, ReferrerKeeper, ReferrerLister, ResolveOptions, Resolved, Result, Stager,
    TagListOptions, TagLister, Untagger, Writer,
};
use oras::{ContentLister, Descriptor, Digest, Name, Store, StoreExt as _, Tag};

use super::Output;
use super::names::full;

/// The tags of one repository in a layout of many.
pub(crate) struct View {
    layout: Layout,
    repository: String,
}

enum Layout {
    Read(Arc<dyn Store>),
    Written(Arc<Output>),
}

impl View {
    /// Returns the repository `name` of a layout that is read.
    pub(crate) fn of_backup(layout: &Arc<dyn Store>, name: &str) -> Self {
        Self {
            layout: Layout::Read(Arc::clone(layout)),
            repository: name.to_owned(),
        }
    }

    /// Returns the repository `name` of a layout that is written.
    pub(crate) fn of_output(output: &Arc<Output>, name: &str) -> Self {
        Self {
            layout: Layout::Written(Arc::clone(output)),
            repository: name.to_owned(),
        }
    }

    /// Returns the store for resolving names.
    fn names(&self) -> &dyn Store {
        match &self.layout {
            Layout::Read(store) => &**store,
            Layout::Written(output) => output.names(),
        }
    }

    /// Returns the store for all other reads.
    fn store(&self) -> &dyn Store {
        match &self.layout {
            Layout::Read(store) => &**store,
            Layout::Written(output) => output.store(),
        }
    }

    async fn inner_writer(&self) -> Result<&dyn Writer> {
        match &self.layout {
            Layout::Read(store) => store.as_writer(),
            Layout::Written(output) => output.writer().await,
        }
    }

    /// Returns the name of the tag in the layout.
    fn inside(&self, tag: &Tag) -> Result<Tag> {
        Ok(full(&self.repository, tag).parse()?)
    }
}

impl fmt::Display for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.names(), self.repository)
    }
}

impl fmt::Debug for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "View({self})")
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl Store for View {
    async fn open(&self, target: &Descriptor, opts: OpenOptions) -> Result<Opened> {
        self.store().open(target, opts).await
    }

    async fn resolve_opts(&self, name: &Name, opts: ResolveOptions) -> Result<Resolved> {
        match name.tag() {
            Some(tag) => self.names().resolve_opts(&self.inside(tag)?.into(), opts).await,
            None => self.names().resolve_opts(name, opts).await,
        }
    }

    async fn resolve_blob(&self, digest: &Digest) -> Result<Descriptor> {
        self.store().resolve_blob(digest).await
    }

    async fn exists(&self, target: &Descriptor) -> Result<bool> {
        self.store().exists(target).await
    }

    fn location(&self) -> Option<Location> {
        self.store().location()
    }

    fn writer(&self) -> Option<&dyn Writer> {
        match &self.layout {
            Layout::Written(_) => Some(self),
            Layout::Read(_) => None,
        }
    }

    /// None, because content is pushed whole.
    fn stager(&self) -> Option<&dyn Stager> {
        None
    }

    /// None, because a copy deletes nothing.
    fn deleter(&self) -> Option<&dyn Deleter> {
        None
    }

    fn untagger(&self) -> Option<&dyn Untagger> {
        None
    }

    fn tag_lister(&self) -> Option<&dyn TagLister> {
        self.store().tag_lister().map(|_| self as &dyn TagLister)
    }

    fn content_lister(&self) -> Option<&dyn ContentLister> {
        self.store().content_lister()
    }

    fn predecessor_finder(&self) -> Option<&dyn PredecessorFinder> {
        self.store().predecessor_finder()
    }

    fn referrer_lister(&self) -> Option<&dyn ReferrerLister> {
        self.store().referrer_lister()
    }

    fn referrer_keeper(&self) -> Option<&dyn ReferrerKeeper> {
        self.store().referrer_keeper()
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl Writer for View {
    async fn push_opts(
        &self,
        expected: &Descriptor,
        payload: Payload,
        mut opts: PushOptions,
    ) -> Result<Pushed> {
        let tags = opts.tags.iter().map(|tag| self.inside(tag));
        opts.tags = tags.collect::<Result<_>>()?;
        self.inner_writer()
            .await?
            .push_opts(expected, payload, opts)
            .await
    }

    async fn set_tag(&self, target: &Descriptor, tag: &Tag) -> Result<()> {
        self.inner_writer()
            .await?
            .set_tag(target, &self.inside(tag)?)
            .await
    }

    async fn offer(&self, expected: &Descriptor, opts: &PushOptions) -> Result<Offered> {
        self.inner_writer().await?.offer(expected, opts).await
    }

    async fn abandon(&self, upload: OpenUpload) {
        if let Ok(writer) = self.inner_writer().await {
            writer.abandon(upload).await;
        }
    }

    /// None, because one batch of the layout serves all repositories.
    fn batch(&self) -> Option<Box<dyn Batch + '_>> {
        None
    }
}

impl TagLister for View {
    fn tags(&self, opts: TagListOptions) -> BoxStream<'_, Result<String>> {
        let Some(lister) = self.store().tag_lister() else {
            return futures_util::stream::empty().boxed();
        };
        let prefix = format!("{}:", self.repository);
        let mut inside = TagListOptions::default();
        inside.last = opts.last.map(|last| format!("{prefix}{last}"));
        let tags = lister.tags(inside);
        let own = tags.try_filter_map(move |tag| {
            let own = tag.strip_prefix(&prefix).map(str::to_owned);
            std::future::ready(Ok(own))
        });
        own.boxed()
    }
}
