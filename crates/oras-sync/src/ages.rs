//! Ages: which of the selected tags are new enough or old enough.

use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use oras_content::Tag;

use crate::dates::Dates;
use crate::pair::Pair;
use crate::selection::Between;
use crate::{Age, Newest, SyncError, TagFilter};

impl Pair<'_> {
    /// Syncs those of `tags` that are new and old enough.
    pub(crate) async fn keep_aged(
        &mut self,
        filter: &TagFilter,
        dates: &Dates<'_>,
        tags: Vec<Tag>,
    ) -> Result<(), SyncError> {
        let chosen = match filter.newest {
            None => self.dated(filter, dates, tags, usize::MAX).await?,
            Some(newest) => self.newest(filter, dates, tags, newest).await?,
        };
        self.sync_all(chosen).await
    }

    async fn newest(
        &mut self,
        filter: &TagFilter,
        dates: &Dates<'_>,
        tags: Vec<Tag>,
        newest: Newest,
    ) -> Result<Vec<Tag>, SyncError> {
        match newest.by {
            // Dates are read only until enough tags match.
            Age::Version => {
                let tags = TagFilter::by_version(tags);
                self.dated(filter, dates, tags, newest.count).await
            }
            Age::Created => {
                let mut dated = self.with_dates(filter, dates, tags, usize::MAX).await?;
                dated.sort_by(|(one, _), (other, _)| other.cmp(one));
                dated.truncate(newest.count);
                Ok(dated.into_iter().map(|(_, tag)| tag).collect())
            }
        }
    }

    /// Returns the first `count` tags that are new and old enough.
    async fn dated(
        &mut self,
        filter: &TagFilter,
        dates: &Dates<'_>,
        mut tags: Vec<Tag>,
        count: usize,
    ) -> Result<Vec<Tag>, SyncError> {
        if !filter.needs_dates() {
            tags.truncate(count);
            return Ok(tags);
        }
        let dated = self.with_dates(filter, dates, tags, count).await?;
        Ok(dated.into_iter().map(|(_, tag)| tag).collect())
    }

    /// Like [`dated`](Self::dated), with the dates. Tags left out only because their date is unknown, or because they are
    /// not old enough yet, are not deleted either.
    async fn with_dates(
        &mut self,
        filter: &TagFilter,
        dates: &Dates<'_>,
        tags: Vec<Tag>,
        count: usize,
    ) -> Result<Vec<(Timestamp, Tag)>, SyncError> {
        let between = Between::of(filter, self.run.now);
        let asking = tags.into_iter().map(|tag| async move {
            let created = dates.created(&tag).await;
            (tag, created)
        });
        let mut asking = stream::iter(asking).buffered(Self::comparisons().min(count));
        let mut fitting = Vec::new();
        while fitting.len() < count {
            let Some((tag, created)) = asking.next().await else {
                break;
            };
            match created {
                Ok((_, Some(created))) if between.has(created) => fitting.push((created, tag)),
                Ok((_, Some(created))) if between.is_too_new(created) => self.protect_tag(&tag),
                Ok((_, Some(_))) => {}
                Ok((_, None)) => {
                    self.report.undated += 1;
                    self.protect_tag(&tag);
                }
                Err(error) => {
                    let place = format!("{}:{tag}", self.source);
                    self.protect_tag(&tag);
                    self.failed(tag, SyncError::date(place, error));
                    self.ensure_reachable()?;
                }
            }
        }
        Ok(fitting)
    }
}
