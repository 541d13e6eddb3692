//! Referrers: the manifests that name another one as their subject.

use futures_util::TryStreamExt;
use hyper::Method;
use hyper::header::{CONTENT_TYPE, LINK};
use oras_content::{Descriptor, Digest, ImageIndex, MAX_MANIFEST_BYTES, MediaType, Store, StoreExt, json};

use crate::answer::{Answer, OCI_FILTERS_APPLIED};
use crate::call::Call;
use crate::error::{Code, Failure, Result};
use crate::namespace::NS;
use crate::registry::{Handled, Registry};

/// The parameter that filters referrers.
const ARTIFACT_TYPE: &str = "artifactType";

/// Handles `GET …/referrers/DIGEST`.
///
/// Spec: distribution-spec v1.1, "Listing Referrers". An unknown subject, or repository, has none.
pub(crate) async fn list(registry: &Registry, call: &Call, subject: &Digest) -> Handled {
    if !matches!(call.method, Method::GET | Method::HEAD) {
        return Err(call.not_allowed("GET, HEAD"));
    }
    let page = call.page(registry.options.page_size)?;
    let mut referrers = match registry.find(&call.repository).await? {
        Some(store) => all(&*store, subject, registry.options.manifest_limit).await?,
        None => Vec::new(),
    };
    let filter = call.query.get(ARTIFACT_TYPE).filter(|kind| !kind.is_empty());
    if let Some(wanted) = filter {
        referrers.retain(|node| node.artifact_type.as_ref().is_some_and(|kind| kind == wanted));
    }
    referrers.sort_by(|one, other| one.digest.cmp(&other.digest));
    referrers.retain(|node| {
        page.last
            .as_deref()
            .is_none_or(|last| node.digest.as_str() > last)
    });
    let fitting = fitting(
        &mut referrers,
        registry.options.manifest_limit.min(MAX_MANIFEST_BYTES),
    );
    let next = page.cut_at(fitting, &mut referrers, |node| node.digest.as_str());
    let index = ImageIndex::new(referrers).to_content();
    let mut answer = Answer::new(hyper::StatusCode::OK)
        .with(CONTENT_TYPE, MediaType::OCI_INDEX)
        .with_body(index.bytes().clone());
    if filter.is_some() {
        answer = answer.with(OCI_FILTERS_APPLIED, ARTIFACT_TYPE);
    }
    if let Some(cursor) = next {
        let link = cursor.link(call.uri.path(), &call.query, &[ARTIFACT_TYPE, NS]);
        answer = answer.with(LINK, link);
    }
    Ok(answer.finish())
}

/// Returns how many referrers fit into an index of at most `limit` bytes, but at least one. If a single one does not fit,
/// its annotations are removed.
///
/// Spec: distribution-spec v1.1, "Listing Referrers": a listing larger than a manifest may be is split into pages.
fn fitting(referrers: &mut [Descriptor], limit: u64) -> usize {
    let empty = ImageIndex::new(Vec::new()).to_content().descriptor().size;
    let mut len = empty;
    for (count, referrer) in referrers.iter_mut().enumerate() {
        if empty + length(referrer) > limit {
            referrer.annotations.clear();
        }
        // All but the first follow a comma.
        len += length(referrer) + u64::from(count > 0);
        if count > 0 && len > limit {
            return count;
        }
    }
    referrers.len()
}

/// Returns the length of a descriptor in an index.
fn length(descriptor: &Descriptor) -> u64 {
    json::to_vec(descriptor).map_or(0, |bytes| bytes.len() as u64)
}

/// Returns all referrers of a subject, which may be missing itself.
async fn all(store: &dyn Store, subject: &Digest, limit: u64) -> Result<Vec<Descriptor>> {
    let failed = |error| Failure::of_store(error, Code::ManifestUnknown);
    let node = Descriptor::new(MediaType::OCTET_STREAM, subject.clone(), 0);
    if let Some(lister) = store.referrer_lister() {
        return lister.referrers(&node, None).try_collect().await.map_err(failed);
    }
    let mut referrers = Vec::new();
    let finder = store.as_predecessor_finder().map_err(failed)?;
    for predecessor in finder.predecessors(&node).await.map_err(failed)? {
        // Predecessors include indexes that list the subject and images with it as a layer, which are not referrers.
        let manifest = store.fetch_manifest(&predecessor, limit).await.map_err(failed)?;
        if manifest.subject().is_some_and(|found| found.digest == *subject) {
            referrers.push(predecessor);
        }
    }
    Ok(referrers)
}
