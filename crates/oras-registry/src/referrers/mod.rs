//! Referrers: the manifests that name a manifest as their subject.

mod api;
mod changes;
mod tag_schema;

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use async_trait::async_trait;
use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt, TryStreamExt};
use oras_content::{
    Descriptor, Error, ErrorKind, Manifest, PredecessorFinder, ReferrerKeeper, ReferrerLister, Result,
};

#[cfg(feature = "fuzzing")]
pub(crate) use self::api::listed;
use self::changes::{Action, Changes};
use crate::learnt::Learnt;
use crate::{ReferrersMode, Repository};

/// How the referrers of one repository are kept, as far as known.
#[derive(Debug)]
pub(crate) struct Referrers {
    /// What the caller chose, or what was learnt of this repository only.
    here: AtomicU8,
    learnt: Arc<Learnt>,
    /// Changes of indexes under tags.
    changes: Changes,
}

/// 0, the initial value in [`Learnt`].
const UNKNOWN: u8 = 0;
const API: u8 = 1;
const TAG_SCHEMA: u8 = 2;

impl Referrers {
    pub(crate) fn new(mode: ReferrersMode, learnt: Arc<Learnt>) -> Self {
        let here = match mode {
            ReferrersMode::Detect => UNKNOWN,
            ReferrersMode::Api => API,
            ReferrersMode::TagSchema => TAG_SCHEMA,
        };
        Self {
            here: AtomicU8::new(here),
            learnt,
            changes: Changes::default(),
        }
    }

    fn known(&self) -> u8 {
        match self.here.load(Ordering::Relaxed) {
            UNKNOWN => self.learnt.referrers.load(Ordering::Relaxed),
            here => here,
        }
    }

    pub(crate) fn is_api(&self) -> bool {
        self.known() == API
    }

    fn is_tag_schema(&self) -> bool {
        self.known() == TAG_SCHEMA
    }

    pub(crate) fn found_api(&self) {
        learn(&self.learnt.referrers, API);
    }

    fn found_no_api(&self) {
        learn(&self.learnt.referrers, TAG_SCHEMA);
    }

    /// The registry does not list the referrers of this repository, but may list those of others.
    fn found_no_api_here(&self) {
        learn(&self.here, TAG_SCHEMA);
    }
}

/// Keeps the caller's choice, or what was learnt first.
fn learn(known: &AtomicU8, what: u8) {
    let order = Ordering::Relaxed;
    // A failed exchange means that the value is set already.
    let _ = known.compare_exchange(UNKNOWN, what, order, order);
}

impl Repository {
    /// Lists `manifest`, which was pushed, among the referrers of its subject, if the registry did not confirm that it
    /// does.
    pub(crate) async fn add_referrer(&self, manifest: &Manifest) -> Result<()> {
        if self.referrers.is_api() {
            return Ok(());
        }
        self.referrers.found_no_api();
        let listed = self.change_index(manifest, Action::Add).await;
        listed
            .map(drop)
            .map_err(|source| self.not_listed(manifest, source))
    }

    /// Removes `manifest` from the referrers of its subject, if the registry does not do so itself.
    pub(crate) async fn remove_referrer(&self, manifest: &Manifest) -> Result<()> {
        match manifest.subject() {
            Some(subject) if !self.has_referrers_api(subject).await? => {
                self.change_index(manifest, Action::Remove).await.map(drop)
            }
            _ => Ok(()),
        }
    }

    fn not_listed(&self, manifest: &Manifest, source: Error) -> Error {
        Error::new(ErrorKind::NotListed, self.describe(manifest.descriptor())).with_source(source)
    }

    async fn list(
        &self,
        subject: Descriptor,
        artifact_type: Option<String>,
    ) -> Result<BoxStream<'_, Result<Descriptor>>> {
        let mut refusal = None;
        if !self.referrers.is_tag_schema() {
            match self.list_by_api(&subject, artifact_type.as_deref()).await {
                Ok(Some(listed)) => return Ok(listed),
                Ok(None) => {}
                // Some registries without the API reject the request.
                Err(error) if self.may_lack_api(&error) => refusal = Some(error),
                Err(error) => return Err(error),
            }
        }
        let listed = self.list_by_tag(&subject).await?;
        match refusal {
            Some(refusal) if listed.is_empty() => return Err(refusal),
            // Only a registry without the API has an index under a tag.
            Some(_) => self.referrers.found_no_api_here(),
            None => {}
        }
        let wanted = listed
            .into_iter()
            .filter(move |node| is_of_type(node, artifact_type.as_deref()));
        Ok(stream::iter(wanted.map(Ok)).boxed())
    }
}

impl ReferrerLister for Repository {
    fn referrers(
        &self,
        subject: &Descriptor,
        artifact_type: Option<&str>,
    ) -> BoxStream<'_, Result<Descriptor>> {
        if !subject.is_manifest() {
            return stream::empty().boxed();
        }
        let (subject, artifact_type) = (subject.clone(), artifact_type.map(str::to_owned));
        self.read_listing(move |place| {
            let listing = place.list(subject.clone(), artifact_type.clone());
            stream::once(listing).try_flatten().boxed()
        })
    }
}

#[async_trait]
impl ReferrerKeeper for Repository {
    fn is_needed(&self) -> bool {
        !self.referrers.is_api()
    }

    async fn ensure_listed(&self, manifest: &Manifest) -> Result<bool> {
        let Some(subject) = manifest.subject() else {
            return Ok(false);
        };
        let listed = async {
            match self.has_referrers_api(subject).await? {
                true => Ok(false),
                false => self.change_index(manifest, Action::Add).await,
            }
        };
        listed.await.map_err(|source| self.not_listed(manifest, source))
    }
}

#[async_trait]
impl PredecessorFinder for Repository {
    async fn predecessors(&self, node: &Descriptor) -> Result<Vec<Descriptor>> {
        self.referrers(node, None).try_collect().await
    }
}

fn is_of_type(node: &Descriptor, wanted: Option<&str>) -> bool {
    wanted.is_none_or(|wanted| {
        node.artifact_type
            .as_ref()
            .is_some_and(|found| found.as_str() == wanted)
    })
}
