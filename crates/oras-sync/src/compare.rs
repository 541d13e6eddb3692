//! Comparison of tags: what each resolves to at the source and at the destination.

use futures_util::{StreamExt, future, stream};
use oras_content::{Descriptor, Digest, Store, StoreExt, Tag};
use oras_copy::Side;

use crate::naming::Named;
use crate::pair::Pair;
use crate::{Referrers, SyncError};

/// The result of comparing one tag.
pub(crate) struct Compared {
    pub(crate) name: Named,
    /// The source's descriptor; `None` if it is determined during the copy.
    pub(crate) found: Option<Descriptor>,
    /// The destination's digest, if it has the tag.
    pub(crate) before: Option<Digest>,
    pub(crate) verdict: Verdict,
}

pub(crate) enum Verdict {
    /// Both sides have the same manifest.
    Same(Descriptor),
    /// The state file says that both sides had it in the last run.
    Known(Descriptor),
    /// The tag has to be copied, or examined more closely.
    Differs,
    Failed(SyncError),
}

impl Pair<'_> {
    /// Resolves these tags at both sides, at most once each.
    pub(crate) async fn compare(&self, tags: Vec<Named>, selects: bool) -> Vec<Compared> {
        let comparing = tags.into_iter().map(|tag| self.compare_one(tag, selects));
        stream::iter(comparing)
            .buffered(Self::comparisons())
            .collect()
            .await
    }

    async fn compare_one(&self, name: Named, selects: bool) -> Compared {
        let compared = match (self.trusts(), selects) {
            (true, _) => self.compare_with_state(&name, selects).await,
            // The manifests that match the platforms are known only once the index is read.
            (false, true) => self
                .before(&name.to)
                .await
                .map(|before| (None, before, Verdict::Differs)),
            (false, false) => self.asking_both(&name).await,
        };
        let (found, before, verdict) = compared.unwrap_or_else(|error| (None, None, Verdict::Failed(error)));
        Compared {
            name,
            found,
            before,
            verdict,
        }
    }

    fn trusts(&self) -> bool {
        self.run.options.trust_state && self.state().is_some() && self.job.referrers == Referrers::None
    }

    /// Resolves the tag at the source, and at the destination only if the state does not know it.
    async fn compare_with_state(&self, name: &Named, selects: bool) -> Result<Answer, SyncError> {
        let found = self.found(&name.tag).await?;
        if self
            .state()
            .is_some_and(|state| state.knows(&self.key, &name.tag, &found.digest))
        {
            return Ok((None, None, Verdict::Known(found)));
        }
        let before = self.before(&name.to).await?;
        Ok(self.judge(found, before, selects))
    }

    async fn asking_both(&self, name: &Named) -> Result<Answer, SyncError> {
        let (found, before) = future::join(self.found(&name.tag), self.before(&name.to)).await;
        Ok(self.judge(found?, before?, false))
    }

    fn judge(&self, found: Descriptor, before: Option<Digest>, selects: bool) -> Answer {
        let is_same = before.as_ref() == Some(&found.digest);
        // New referrers do not change what the tag resolves to.
        let is_all = !selects && self.job.referrers == Referrers::None;
        match is_same && is_all {
            true => (None, before, Verdict::Same(found)),
            false => (Some(found), before, Verdict::Differs),
        }
    }

    async fn found(&self, tag: &Tag) -> Result<Descriptor, SyncError> {
        resolve(&*self.source, Side::Source, tag).await
    }

    async fn before(&self, tag: &Tag) -> Result<Option<Digest>, SyncError> {
        match resolve(&*self.destination, Side::Destination, tag).await {
            Ok(found) => Ok(Some(found.digest)),
            Err(SyncError::Resolve { source, .. }) if source.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }
}

type Answer = (Option<Descriptor>, Option<Digest>, Verdict);

async fn resolve(store: &dyn Store, side: Side, tag: &Tag) -> Result<Descriptor, SyncError> {
    let resolved = store.resolve(tag).await;
    resolved.map_err(|error| SyncError::resolve(side, format!("{store}:{tag}"), error))
}
