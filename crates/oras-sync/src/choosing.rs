//! Selection of the tags of a source, while they are listed.

use std::collections::HashSet;

use futures_util::{StreamExt, TryStreamExt, stream};
use oras_content::{Digest, Error, MAX_MANIFEST_BYTES, StoreExt, Tag, TagListOptions};
use oras_copy::Side;

use crate::dates::Dates;
use crate::pair::{BATCH, Pair};
use crate::selection::{lists_referrers, owner};
use crate::{SyncError, TagFilter, TagSelection};

impl Pair<'_> {
    /// Syncs the selected tags, each batch as soon as it is listed.
    pub(crate) async fn sync_selected(&mut self) -> Result<(), SyncError> {
        let job = self.job;
        match &job.tags {
            TagSelection::These(tags) => self.sync_all(tags.clone()).await,
            TagSelection::Filter(filter) => self.keep_listed(filter).await,
        }
    }

    /// Syncs `tags` under their names at the destination.
    pub(crate) async fn sync_all(&mut self, tags: Vec<Tag>) -> Result<(), SyncError> {
        for batch in self.named(tags).chunks(BATCH) {
            self.sync_batch(batch.to_vec(), true).await?;
        }
        Ok(())
    }

    async fn keep_listed(&mut self, filter: &TagFilter) -> Result<(), SyncError> {
        let source = std::sync::Arc::clone(&self.source);
        let failed = |error: Error| SyncError::list(Side::Source, &source, error);
        let lister = source.as_tag_lister().map_err(failed)?;
        let mut listing = lister.tags(TagListOptions::default());
        // The newest tags, and duplicate new names, are known only once all tags are listed.
        let needs_all = filter.newest.is_some() || !self.job.rename.is_empty();
        let dates = Dates::seen_from(self.run.now, &*source);
        let (mut fitting, mut unreadable) = (Vec::new(), None);
        // A tag that is created while the pages are read may be listed twice.
        let mut seen = HashSet::new();
        while let Some(tag) = listing.try_next().await.map_err(failed)? {
            let is_owned = owner(&tag).is_some();
            if is_owned && (!self.job.digest_tags || lists_referrers(&tag)) {
                continue;
            }
            if !is_owned && !filter.fits(&tag) {
                continue;
            }
            let tag: Tag = match tag.parse() {
                Ok(tag) => tag,
                // An invalid tag is reported at the end, so that the others are still copied.
                Err(error) => {
                    unreadable.get_or_insert_with(|| failed(Error::from(error)));
                    continue;
                }
            };
            if !seen.insert(tag.clone()) {
                continue;
            }
            match is_owned {
                true => self.owned.push(tag),
                false => fitting.push(tag),
            }
            // Digest tags are collected until the end, because they may be listed before their artifact.
            if !needs_all && fitting.len() == BATCH {
                let batch = std::mem::take(&mut fitting);
                self.keep_aged(filter, &dates, batch).await?;
            }
        }
        self.keep_aged(filter, &dates, fitting).await?;
        unreadable.map_or(Ok(()), Err)
    }

    /// Returns the digest tags of the artifacts that were taken, or of a manifest in an index that was taken.
    pub(crate) async fn owned_tags(&mut self) -> Result<Vec<Tag>, SyncError> {
        let mut owned = std::mem::take(&mut self.owned);
        let mut owners: HashSet<Digest> = self.roots.keys().cloned().collect();
        let is_owned = |owners: &HashSet<Digest>, tag: &Tag| {
            owner(tag.as_str()).is_some_and(|owner| owners.contains(&owner))
        };
        if !owned.iter().all(|tag| is_owned(&owners, tag)) {
            let indexes = self.roots.values().filter(|root| {
                let kind = root.media_type.manifest_kind();
                kind.is_some_and(|kind| kind.is_index())
            });
            let reading = indexes.map(|index| self.source.fetch_manifest(index, MAX_MANIFEST_BYTES));
            let mut reading = stream::iter(reading).buffer_unordered(Self::comparisons());
            while let Some(index) = reading.next().await {
                // An unreadable index was reported when it was copied.
                let Ok(index) = index else { continue };
                owners.extend(index.manifests().iter().map(|child| child.digest.clone()));
            }
        }
        owned.retain(|tag| is_owned(&owners, tag));
        Ok(owned)
    }
}
