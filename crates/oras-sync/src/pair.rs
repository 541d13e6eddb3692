//! A pair of one source and one destination, whose tags are synced in batches.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use oras_content::{Descriptor, Digest, Store, StoreExt, Tag};
use oras_copy::{METADATA_CONCURRENCY, Side, Verifier};

use crate::claimed::Given;
use crate::compare::{Compared, Verdict};
use crate::naming::Named;
use crate::overlap::Address;
use crate::run::Run;
use crate::sharing::Sharing;
use crate::state::Key;
use crate::{Job, JobReport, Place, Referrers, State, SyncError, TagReport};

/// Number of tags that are compared and copied together. Their results stay in memory until the batch is done.
pub(crate) const BATCH: usize = 256;

pub(crate) struct Pair<'a> {
    pub(crate) run: &'a Run<'a>,
    pub(crate) job: &'a Job,
    pub(crate) source: Arc<dyn Store>,
    pub(crate) verifier: Option<Arc<dyn Verifier>>,
    pub(crate) destination: Arc<dyn Store>,
    pub(crate) key: Key,
    pub(crate) report: JobReport,
    pub(crate) sharing: Arc<Sharing>,
    /// The destination, if another job writes to it, too.
    shared: Option<Address>,
    /// Whether state can be kept for the destination.
    is_kept: bool,
    /// The selected tags, if the job deletes others.
    pub(crate) chosen: HashSet<Tag>,
    /// Tags that were not selected but are not deleted either, if the job deletes others.
    pub(crate) spared: HashSet<Tag>,
    /// Digest tags, until it is known which artifacts are taken.
    pub(crate) owned: Vec<Tag>,
    /// The artifacts that were taken, if digest tags may belong to them.
    pub(crate) roots: HashMap<Digest, Descriptor>,
    /// Number of consecutive failed tags whose failure may not be specific to the tag.
    failures: usize,
}

impl<'a> Pair<'a> {
    pub(crate) async fn open(
        run: &'a Run<'a>,
        job: &'a Job,
        from: &Place,
        to: &Place,
        shared: Option<Address>,
    ) -> Result<Self, SyncError> {
        let source = run.places.source(from).await;
        let source = source.map_err(|error| SyncError::open(Side::Source, from, error))?;
        let verifier = run.places.verifier(from);
        let verifier = verifier.map_err(|error| SyncError::open(Side::Source, from, error))?;
        let destination = run.places.destination(to, run.options.dry_run).await;
        let destination = destination.map_err(|error| SyncError::open(Side::Destination, to, error))?;
        if let (Err(error), false) = (destination.as_writer(), run.options.dry_run) {
            return Err(SyncError::open(Side::Destination, to, error.into()));
        }
        let location = destination.location();
        let sharing = Sharing {
            blobs: Arc::clone(&run.blobs),
            to: run.blobs.destination(to, location.clone()),
            location,
            types: match &job.referrers {
                Referrers::Types(types) => types.clone(),
                Referrers::None | Referrers::All => Vec::new(),
            },
        };
        Ok(Self {
            run,
            job,
            source,
            verifier,
            destination,
            key: Key::of(job, from, to),
            report: JobReport::new(from, to),
            sharing: Arc::new(sharing),
            shared,
            is_kept: run.places.is_kept(to),
            chosen: HashSet::new(),
            spared: HashSet::new(),
            owned: Vec::new(),
            roots: HashMap::new(),
            failures: 0,
        })
    }

    /// Syncs as many of the tags as possible.
    pub(crate) async fn run(mut self) -> JobReport {
        let done = match Box::pin(self.keep_chosen()).await {
            Ok(()) => Box::pin(self.delete_others()).await,
            error => error,
        };
        self.report.error = done.err();
        self.report
    }

    async fn keep_chosen(&mut self) -> Result<(), SyncError> {
        self.sync_selected().await?;
        let owned: Vec<Named> = self.owned_tags().await?.into_iter().map(Named::same).collect();
        for batch in owned.chunks(BATCH) {
            self.sync_batch(batch.to_vec(), false).await?;
        }
        Ok(())
    }

    /// Compares a batch of tags, and copies those that differ; `selects` says whether platforms apply.
    pub(crate) async fn sync_batch(&mut self, tags: Vec<Named>, selects: bool) -> Result<(), SyncError> {
        self.ensure_reachable()?;
        if self.job.delete {
            self.chosen.extend(tags.iter().map(|name| name.to.clone()));
        }
        let selects = selects && !self.job.platforms.is_empty();
        let compared = self.compare(tags, selects).await;
        let mut wanted = Vec::new();
        for tag in compared {
            match &tag.verdict {
                Verdict::Same(root) => {
                    self.same(&tag.name, root);
                    self.learn(&tag.name.tag, &root.digest, &root.digest);
                }
                Verdict::Known(root) => self.same(&tag.name, root),
                Verdict::Failed(error) => self.failed(tag.name.tag, error.clone()),
                Verdict::Differs => wanted.push(tag),
            }
        }
        let is_told = !selects && self.job.referrers == Referrers::None && self.verifier.is_none();
        if self.run.options.dry_run && is_told {
            wanted.into_iter().for_each(|tag| self.would_copy(tag));
            return Ok(());
        }
        self.copy(wanted, selects).await;
        Ok(())
    }

    fn same(&mut self, name: &Named, root: &Descriptor) {
        self.report.up_to_date += 1;
        // The tag is already in place, so a conflict with another job does not matter.
        self.claim(name, root).ok();
        self.record_root(root);
    }

    /// Fails if so many consecutive tags failed that the others will probably fail, too.
    pub(crate) fn ensure_reachable(&self) -> Result<(), SyncError> {
        match self.failures {
            failures @ BATCH.. => Err(SyncError::GivenUp { failures }),
            _ => Ok(()),
        }
    }

    /// Protects the tag's name at the destination from deletion.
    pub(crate) fn protect_tag(&mut self, tag: &Tag) {
        if let (true, Ok(name)) = (self.job.delete, self.name(tag)) {
            self.spared.insert(name);
        }
    }

    pub(crate) fn failed(&mut self, tag: Tag, error: SyncError) {
        self.failures = match error.is_tag_specific() {
            true => 0,
            false => self.failures + 1,
        };
        if let (Some(state), false) = (self.state(), self.run.options.dry_run) {
            state.forget(&self.key, tag.as_str());
        }
        self.report.tags.push(TagReport::failed(tag, error));
    }

    /// Fails if another job gave the tag other content: the jobs would move it back and forth.
    pub(crate) fn claim(&self, name: &Named, root: &Descriptor) -> Result<(), SyncError> {
        let Some(at) = &self.shared else {
            return Ok(());
        };
        let platforms = self.job.platforms.iter().map(ToString::to_string);
        let given = Given {
            from: format!("{}:{}", self.source, name.tag),
            platforms: platforms.collect::<Vec<_>>().join(" "),
            root: root.digest.clone(),
        };
        let given = self.run.claimed.claim(at, &name.to, given);
        given.map_err(|from| SyncError::AlsoGiven {
            name: name.to.clone(),
            from,
        })
    }

    /// Returns the state of the last run, if state is kept for this destination.
    pub(crate) fn state(&self) -> Option<&State> {
        self.run.options.state.as_deref().filter(|_| self.is_kept)
    }

    fn would_copy(&mut self, tag: Compared) {
        self.failures = 0;
        if let Some(root) = &tag.found {
            if let Err(error) = self.claim(&tag.name, root) {
                return self.failed(tag.name.tag, error);
            }
            self.record_root(root);
        }
        let report = TagReport::new(tag.name.tag.clone(), tag.found, tag.before);
        self.report.tags.push(report.called(tag.name.renamed()));
    }

    pub(crate) fn record_root(&mut self, root: &Descriptor) {
        self.failures = 0;
        if self.job.digest_tags {
            self.roots.insert(root.digest.clone(), root.clone());
        }
    }

    pub(crate) fn learn(&self, tag: &Tag, source: &Digest, destination: &Digest) {
        if let (Some(state), false) = (self.state(), self.run.options.dry_run) {
            state.learn(&self.key, tag, source.clone(), destination.clone());
        }
    }

    /// Number of concurrent comparisons.
    pub(crate) const fn comparisons() -> usize {
        METADATA_CONCURRENCY
    }
}
