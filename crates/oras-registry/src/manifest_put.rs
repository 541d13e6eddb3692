//! Putting manifests under tags and digests.

use async_trait::async_trait;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use oras_content::{
    Descriptor, Digest, Error, ErrorSubject, Manifest, ReferencePusher, Result, Source, Verified,
};

use crate::Repository;
use crate::answer;
use crate::error::protocol;
use crate::page::query;
use crate::request::Call;

/// The header by which a registry says that it lists a manifest as a referrer.
///
/// Spec: distribution-spec v1.1, "Pushing Manifests with Subject".
const OCI_SUBJECT: &str = "oci-subject";

impl Repository {
    /// Pushes a manifest under a tag or its digest, and makes it known as a referrer of its subject.
    ///
    /// Spec: distribution-spec v1.1, "Pushing Manifests".
    pub(crate) async fn push_manifest(
        &self,
        expected: &Descriptor,
        body: Source,
        reference: &str,
    ) -> Result<()> {
        let content = self.read_manifest(expected, &body).await?;
        let manifest = Manifest::parse(content)?;
        let keeps_referrers = self.put_named(&manifest, reference).await?;
        if manifest.subject().is_none() {
            return Ok(());
        }
        if keeps_referrers {
            self.referrers.found_api();
            return Ok(());
        }
        self.add_referrer(&manifest).await
    }

    async fn read_manifest(&self, expected: &Descriptor, body: &Source) -> Result<Verified> {
        let limit = self.core.options.max_manifest_bytes;
        if expected.size > limit {
            let what = self.describe(expected);
            return Err(Error::SizeExceedsLimit { what, limit });
        }
        body.read_all(expected).await
    }

    /// Puts a manifest under a tag or its digest. A registry computes the sha256 digest of what is put under a tag, so
    /// that a manifest of another algorithm is put under its digest first.
    ///
    /// Spec: distribution-spec, "Pushing Manifests", with tags as parameters of the query.
    pub(crate) async fn put_named(&self, manifest: &Manifest, reference: &str) -> Result<bool> {
        let digest = &manifest.descriptor().digest;
        let named = self.named(reference)?;
        if named.digest.is_some() || digest.algorithm_name() == "sha256" {
            return self.put_manifest(manifest, reference, None).await;
        }
        let query = query(&[("tag", Some(&named.text))]);
        let url = self.manifest_url(&format!("{digest}{query}"))?;
        let call = self.put_call(manifest, url, &named.what)?;
        let headers = self.send_put(call, digest, &named.what).await?;
        let is_tagged = headers.get_all("oci-tag").iter().any(|tag| *tag == *named.text);
        match is_tagged {
            true => Ok(headers.contains_key(OCI_SUBJECT)),
            false => self.put_manifest(manifest, reference, None).await,
        }
    }

    fn put_call(&self, manifest: &Manifest, url: Uri, what: &ErrorSubject) -> Result<Call> {
        let media_type = HeaderValue::from_str(manifest.descriptor().media_type.as_str());
        let media_type = media_type.map_err(|error| protocol(what, error))?;
        Ok(Call::new(Method::PUT, url, what)
            .scopes(self.push())
            .header(CONTENT_TYPE, media_type)
            .body(manifest.bytes().clone().into())
            .about_manifest())
    }

    /// Sends the `PUT` of a manifest, and makes sure that the registry stored it as `digest`.
    async fn send_put(&self, call: Call, digest: &Digest, what: &ErrorSubject) -> Result<HeaderMap> {
        let response = self.core.send(call, &[StatusCode::CREATED]).await?;
        let (parts, body) = response.into_parts();
        answer::check_stored(&parts.headers, digest, what)?;
        body.drain().await;
        Ok(parts.headers)
    }

    /// Whether the registry says that it keeps track of the manifest's subject. `instead_of` is the version of what
    /// is replaced, for registries that can tell whether it was replaced meanwhile.
    pub(crate) async fn put_manifest(
        &self,
        manifest: &Manifest,
        reference: &str,
        instead_of: Option<HeaderValue>,
    ) -> Result<bool> {
        let named = self.named(reference)?;
        let descriptor = manifest.descriptor();
        if named
            .digest
            .as_ref()
            .is_some_and(|digest| *digest != descriptor.digest)
        {
            return Err(Error::Refused {
                what: named.what,
                reason: format!("the manifest is {}", descriptor.digest),
            });
        }
        let mut call = self.put_call(manifest, self.manifest_url(&named.text)?, &named.what)?;
        if let Some(version) = instead_of {
            call = call.header(http::header::IF_MATCH, version);
        }
        let headers = self.send_put(call, &descriptor.digest, &named.what).await?;
        Ok(headers.contains_key(OCI_SUBJECT))
    }
}

#[async_trait]
impl ReferencePusher for Repository {
    async fn push_reference(&self, expected: &Descriptor, body: Source, reference: &str) -> Result<()> {
        self.push_manifest(expected, body, reference).await
    }
}
