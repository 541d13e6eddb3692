//! Pushes manifests under tags and digests.

use std::sync::atomic::Ordering;

use futures_util::future::try_join_all;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use oras_content::{
    Descriptor, Digest, Error, ErrorKind, ErrorSubject, Manifest, Name, Payload, Result, Tag, Verified,
};

use crate::Repository;
use crate::answer;
use crate::page::query;
use crate::request::Call;
use crate::status::response_error;

/// The header that tells that the registry lists a manifest as a referrer.
///
/// Spec: distribution-spec v1.1, "Pushing Manifests with Subject".
const OCI_SUBJECT: &str = "oci-subject";

/// Maximum number of concurrent requests, one for each tag.
const TAGS_AT_ONCE: usize = 32;

/// Upper bound on the bytes of tags in one query: 4 KiB, as servers allow at least 8 KiB for the whole request line.
const MAX_QUERY: usize = 4096;

impl Repository {
    /// Pushes a manifest under its digest or these tags, and lists it as a referrer of its subject.
    ///
    /// Spec: distribution-spec v1.1, "Pushing Manifests".
    pub(crate) async fn push_manifest(
        &self,
        expected: &Descriptor,
        payload: Payload,
        tags: &[Tag],
    ) -> Result<()> {
        let content = self.read_manifest(expected, &payload).await?;
        let manifest = Manifest::parse(content)?;
        let keeps_referrers = self.put_named(&manifest, tags).await?;
        if manifest.subject().is_none() {
            return Ok(());
        }
        if keeps_referrers {
            self.referrers.found_api();
            return Ok(());
        }
        self.add_referrer(&manifest).await
    }

    async fn read_manifest(&self, expected: &Descriptor, payload: &Payload) -> Result<Verified> {
        let limit = self.core.options.max_manifest_bytes;
        if expected.size > limit {
            return Err(Error::size_exceeds_limit(self.describe(expected), limit));
        }
        payload.read_all(expected).await
    }

    /// Pushes a manifest under each of the tags, or under its digest if there are none. Returns whether the registry
    /// lists it as a referrer.
    pub(crate) async fn put_named(&self, manifest: &Manifest, tags: &[Tag]) -> Result<bool> {
        let digest = &manifest.descriptor().digest;
        if tags.is_empty() {
            return self.put_manifest(manifest, &digest.into(), None).await;
        }
        tags.iter().try_for_each(Tag::check)?;
        let mut lists = false;
        let mut left: Vec<&Tag> = tags.iter().collect();
        if self.puts_tags_at_once(digest, tags.len()) {
            (lists, left) = match self.put_in_queries(manifest, tags).await {
                // A registry, or a proxy before it, may refuse the query, or its length.
                Err(error) if is_sha256(digest) && is_about_the_query(&error) => (false, left),
                put => put?,
            };
            let is_refused = left.len() == tags.len();
            self.learnt.refuses_tags.store(is_refused, Ordering::Relaxed);
            self.learnt.takes_tags.fetch_or(!is_refused, Ordering::Relaxed);
        }
        let names: Vec<Name> = left.into_iter().map(Name::from).collect();
        for names in names.chunks(TAGS_AT_ONCE) {
            let puts = names.iter().map(|name| self.put_manifest(manifest, name, None));
            lists |= try_join_all(puts).await?.contains(&true);
        }
        Ok(lists)
    }

    /// Whether to try all tags in one request. A registry computes a sha256 digest for a push by tag, so a manifest
    /// with another algorithm is always pushed by its digest. Otherwise one request is worth it for several tags only:
    /// two if the registry is known to support it, else three.
    fn puts_tags_at_once(&self, digest: &Digest, tags: usize) -> bool {
        let is_known = self.learnt.takes_tags.load(Ordering::Relaxed);
        match is_sha256(digest) {
            true if self.learnt.refuses_tags.load(Ordering::Relaxed) => false,
            true => tags > 2 || (is_known && tags > 1),
            false => true,
        }
    }

    /// Pushes a manifest with its tags, in as few requests as [`MAX_QUERY`] allows. Returns the tags that the registry did
    /// not set.
    async fn put_in_queries<'a>(&self, manifest: &Manifest, tags: &'a [Tag]) -> Result<(bool, Vec<&'a Tag>)> {
        let (mut lists, mut left, mut is_ignored) = (false, Vec::new(), false);
        for group in queries(tags) {
            if is_ignored {
                left.extend(group);
                continue;
            }
            let (is_listed, missing) = self.put_with_tags(manifest, group).await?;
            lists |= is_listed;
            // A registry that sets none of the tags does not know the query, and would take each further one in vain.
            is_ignored = missing.len() == group.len();
            left.extend(missing);
        }
        Ok((lists, left))
    }

    /// Pushes a manifest by digest together with its tags. Returns the tags that the registry did not set.
    ///
    /// Spec: distribution-spec, "Pushing Manifests", with tags as parameters of the query.
    async fn put_with_tags<'a>(&self, manifest: &Manifest, tags: &'a [Tag]) -> Result<(bool, Vec<&'a Tag>)> {
        let digest = &manifest.descriptor().digest;
        let parameters: Vec<_> = tags.iter().map(|tag| ("tag", Some(tag.as_str()))).collect();
        let url = self.manifest_url(&format!("{digest}{}", query(&parameters)))?;
        let what = self.by_digest(digest);
        let call = self.put_call(manifest, url, &what)?;
        let headers = self.send_put(call, digest, &what).await?;
        let given = headers.get_all("oci-tag").into_iter();
        let given = given.filter_map(|value| value.to_str().ok());
        let given: Vec<&str> = given.flat_map(|value| value.split(',')).map(str::trim).collect();
        let is_given = |tag: &Tag| given.contains(&tag.as_str());
        let left = tags.iter().filter(|tag| !is_given(tag)).collect();
        Ok((headers.contains_key(OCI_SUBJECT), left))
    }

    fn put_call(&self, manifest: &Manifest, url: Uri, what: &ErrorSubject) -> Result<Call> {
        let media_type = HeaderValue::from_str(manifest.descriptor().media_type.as_str());
        let media_type = media_type.map_err(|error| Error::protocol(what, error))?;
        Ok(Call::new(Method::PUT, url, what)
            .scopes(self.push())
            .header(CONTENT_TYPE, media_type)
            .body(manifest.bytes().clone().into())
            .about_manifest())
    }

    /// Sends the `PUT` of a manifest, and checks that the registry stored it as `digest`.
    async fn send_put(&self, call: Call, digest: &Digest, what: &ErrorSubject) -> Result<HeaderMap> {
        let response = self.core.send(call, &[StatusCode::CREATED]).await?;
        let (parts, body) = response.into_parts();
        answer::check_stored(&parts.headers, digest, what)?;
        body.drain().await;
        Ok(parts.headers)
    }

    /// Puts a manifest, and returns whether the registry lists it as a referrer of its subject. `instead_of` is the
    /// entity tag of the version to replace, for registries that detect concurrent changes.
    pub(crate) async fn put_manifest(
        &self,
        manifest: &Manifest,
        name: &Name,
        instead_of: Option<HeaderValue>,
    ) -> Result<bool> {
        let named = self.named(name)?;
        let descriptor = manifest.descriptor();
        let mut call = self.put_call(manifest, self.manifest_url(named.name.as_str())?, &named.what)?;
        if let Some(version) = instead_of {
            call = call.header(http::header::IF_MATCH, version);
        }
        let headers = self.send_put(call, &descriptor.digest, &named.what).await?;
        Ok(headers.contains_key(OCI_SUBJECT))
    }
}

/// The tags, in groups that fit into one query each.
fn queries(tags: &[Tag]) -> impl Iterator<Item = &[Tag]> {
    let length = |tag: &Tag| "&tag=".len() + tag.as_str().len();
    let mut bytes = 0;
    tags.chunk_by(move |tag, next| {
        bytes = bytes.max(length(tag)) + length(next);
        let fits = bytes <= MAX_QUERY;
        if !fits {
            bytes = 0;
        }
        fits
    })
}

fn is_sha256(digest: &Digest) -> bool {
    digest.algorithm_name() == "sha256"
}

/// Whether the same request without tags in the query may succeed.
fn is_about_the_query(error: &Error) -> bool {
    let statuses = [400, 404, 405, 414, 431, 501];
    let is_missing = *error.kind() == ErrorKind::MissingContent;
    !is_missing && response_error(error).is_some_and(|said| statuses.contains(&said.status.as_u16()))
}
