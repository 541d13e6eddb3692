//! The referrers API.

use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt, TryStreamExt};
use http::HeaderMap;
use oras_content::{Descriptor, Digest, Error, ErrorKind, Manifest, MediaType, Result, Verified};

use super::is_of_type;
use crate::Repository;
use crate::answer;
use crate::page::{Page, Pages, query};
use crate::status::{lacks_route, response_error};

impl Repository {
    /// Lists the referrers by the API. Returns `None` if the registry does not have it.
    ///
    /// Spec: distribution-spec v1.1, "Listing Referrers".
    pub(super) async fn list_by_api(
        &self,
        subject: &Descriptor,
        artifact_type: Option<&str>,
    ) -> Result<Option<BoxStream<'_, Result<Descriptor>>>> {
        let mut pages = self.pages(&subject.digest, artifact_type).boxed();
        let first = match pages.try_next().await {
            Ok(Some(page)) => page,
            Ok(None) => return Ok(None),
            Err(error) if self.lacks_api(&error) => {
                match lacks_route(&error) {
                    true => self.referrers.found_no_api(),
                    false => self.referrers.found_no_api_here(),
                }
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        if answer::media_type(&first.headers) != Some(MediaType::OCI_INDEX) {
            if self.referrers.is_api() {
                let what = self
                    .core
                    .subject(format!("the list of referrers of {}", self.describe(subject)));
                return Err(Error::protocol(what, "the answer is not an image index"));
            }
            self.referrers.found_no_api();
            return Ok(None);
        }
        self.referrers.found_api();
        let wanted = artifact_type.map(str::to_owned);
        let all = stream::once(async { Ok(first) }).chain(pages);
        let listed = all.and_then(move |page| {
            let listed = listed(&page, wanted.as_deref());
            async move { listed.map(|listed| stream::iter(listed.into_iter().map(Ok))) }
        });
        Ok(Some(listed.try_flatten().boxed()))
    }

    /// Whether the registry has the API. If that is unknown, the referrers of `subject` are requested to find out.
    pub(super) async fn has_referrers_api(&self, subject: &Descriptor) -> Result<bool> {
        if !self.referrers.is_api() && !self.referrers.is_tag_schema() {
            match self.list_by_api(subject, None).await {
                Err(error) if self.may_lack_api(&error) => return Ok(false),
                listed => drop(listed?),
            }
        }
        Ok(self.referrers.is_api())
    }

    fn pages(
        &self,
        subject: &Digest,
        artifact_type: Option<&str>,
    ) -> impl stream::Stream<Item = Result<Page>> + Send + '_ {
        let entries = self.core.options.page_size.map(|size| size.to_string());
        let query = query(&[("artifactType", artifact_type), ("n", entries.as_deref())]);
        let first = self
            .core
            .url(&format!("/v2/{}/referrers/{subject}{query}", self.name));
        let what = self
            .core
            .subject(format!("the list of referrers of {}@{subject}", self.full_name));
        Pages::new(&self.core, first, what, self.pull()).into_stream()
    }

    /// Whether a rejection may mean that there is no API, rather than that the request was wrong.
    pub(super) fn may_lack_api(&self, error: &Error) -> bool {
        *error.kind() == ErrorKind::Rejected && !self.referrers.is_api()
    }

    /// Whether the error means that the registry has no referrers API. Registries without it respond in many ways, but
    /// not by asking for credentials or limiting the rate. One that does not know the repository says so.
    fn lacks_api(&self, error: &Error) -> bool {
        if self.referrers.is_api() {
            return false;
        }
        let Some(said) = response_error(error) else {
            return false;
        };
        let refused = matches!(
            error.kind(),
            ErrorKind::NotFound | ErrorKind::Unsupported | ErrorKind::Protocol
        );
        refused && !said.has_code("NAME_UNKNOWN")
    }
}

/// The entries of a page with the wanted artifact type.
pub(crate) fn listed(page: &Page, wanted: Option<&str>) -> Result<Vec<Descriptor>> {
    let index = Manifest::parse(Verified::of(MediaType::OCI_INDEX, page.body.clone()))
        .map_err(|error| error.about(page.what.clone()))?;
    let is_filtered = filters_type(&page.headers);
    let wanted = |node: &&Descriptor| is_filtered || is_of_type(node, wanted);
    Ok(index.manifests().iter().filter(wanted).cloned().collect())
}

fn filters_type(headers: &HeaderMap) -> bool {
    let values = headers.get_all("oci-filters-applied").into_iter();
    let mut filters = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    filters.any(|filter| filter.trim() == "artifactType")
}
