//! Deletion of tags at the destination that are not selected at the source, if a job asks for it.

use futures_util::TryStreamExt;
use oras_content::{Error, StoreExt, Tag, TagListOptions};
use oras_copy::{Side, untag};

use crate::pair::Pair;
use crate::selection::owner;
use crate::{SyncError, TagAction, TagReport, TagSelection};

impl Pair<'_> {
    /// Deletes the tags that the job's selection matches but that are missing or not selected at the source. If the source
    /// has no selected tags at all, nothing is deleted.
    pub(crate) async fn delete_others(&mut self) -> Result<(), SyncError> {
        let job = self.job;
        let TagSelection::Filter(filter) = &job.tags else {
            return Ok(());
        };
        if !job.delete {
            return Ok(());
        }
        if self.chosen.is_empty() {
            let place = self.report.from.to_string();
            return Err(SyncError::NothingChosen { place });
        }
        for tag in self
            .others(|tag| owner(tag).is_none() && job.rename.originals(tag).any(|tag| filter.fits(&tag)))
            .await?
        {
            let report = self.delete(tag).await;
            self.report.tags.push(report);
        }
        Ok(())
    }

    async fn others(&self, fits: impl Fn(&str) -> bool) -> Result<Vec<Tag>, SyncError> {
        let failed = |error: Error| SyncError::list(Side::Destination, &self.destination, error);
        let lister = self.destination.as_tag_lister().map_err(failed)?;
        let mut listing = lister.tags(TagListOptions::default());
        let mut others = Vec::new();
        loop {
            let tag = match listing.try_next().await {
                Ok(Some(tag)) => tag,
                Ok(None) => break,
                // In a dry run the destination may not exist yet.
                Err(error) if error.is_not_found() && self.run.options.dry_run => break,
                Err(error) => return Err(failed(error)),
            };
            if !fits(&tag) {
                continue;
            }
            let tag: Tag = tag.parse().map_err(|error| failed(Error::from(error)))?;
            if !self.chosen.contains(&tag) && !self.spared.contains(&tag) {
                others.push(tag);
            }
        }
        Ok(others)
    }

    async fn delete(&self, tag: Tag) -> TagReport {
        let deleted = match self.run.options.dry_run {
            true => self.destination.resolve(&tag).await.map(|found| found.digest),
            false => untag(&*self.destination, &tag, None).await.map_err(Error::from),
        };
        if let (Ok(_), Some(state), false) = (&deleted, self.state(), self.run.options.dry_run) {
            for original in self.job.rename.originals(tag.as_str()) {
                state.forget(&self.key, &original);
            }
        }
        let mut report = TagReport::new(tag, None, None);
        report.action = TagAction::Delete;
        match deleted {
            Ok(digest) => report.before = Some(digest),
            Err(error) => {
                report.error = Some(SyncError::Delete {
                    place: format!("{}:{}", self.destination, report.tag),
                    source: std::sync::Arc::new(error),
                });
            }
        }
        report
    }
}
