//! Checks, reads and deletes manifests.

use std::sync::atomic::Ordering;

use bytes::Bytes;
use http::header::ACCEPT;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use oras_auth::Scopes;
use oras_content::{
    Content, Descriptor, Digest, Error, ErrorKind, ErrorSubject, Manifest, ManifestKind, MediaType, Name,
    Offered, OpenOptions, Opened, ResolveOptions, Resolved, Result, Tag, Verified,
};
use oras_transport::Response;
use serde::Deserialize;

use crate::Repository;
use crate::answer;
use crate::blob::check_length;
use crate::download::Download;
use crate::request::Call;
use crate::status::refuses_method;

/// A checked tag or digest, with its name in errors.
pub(crate) struct Named {
    pub(crate) name: Name,
    pub(crate) what: ErrorSubject,
    /// The scopes to request a token for.
    scopes: Scopes,
}

impl Repository {
    pub(crate) fn named(&self, name: &Name) -> Result<Named> {
        let what = match name {
            Name::Digest(digest) => self.by_digest(digest),
            Name::Tag(tag) => {
                check(tag)?;
                let words = format!("{}:{tag}", self.full_name);
                self.core.subject(words).with_tag(tag.clone())
            }
        };
        Ok(Named {
            name: name.clone(),
            what,
            scopes: self.pull(),
        })
    }

    pub(crate) fn manifest_url(&self, reference: &str) -> Result<Uri> {
        self.core.url(&format!("/v2/{}/manifests/{reference}", self.name))
    }

    fn manifest_call(&self, method: Method, named: &Named) -> Result<Call> {
        let call = Call::new(method, self.manifest_url(named.name.as_str())?, &named.what);
        Ok(call
            .scopes(named.scopes.clone())
            .header(ACCEPT, accept())
            .about_manifest())
    }

    /// The descriptor from a `HEAD` response. `None` if the headers are incomplete, or the request is denied or
    /// unsupported.
    async fn head_manifest(&self, named: &Named) -> Result<Option<Descriptor>> {
        if self.learnt.refuses_head.load(Ordering::Relaxed) {
            return Ok(None);
        }
        let call = self.manifest_call(Method::HEAD, named)?;
        match self.core.send(call, &[StatusCode::OK]).await {
            Ok(response) => {
                self.learnt.answers_head.store(true, Ordering::Relaxed);
                described(response.headers(), named)
            }
            Err(error) if matches!(error.kind(), ErrorKind::Denied | ErrorKind::Unsupported) => {
                // A 403 concerns this repository only. Only a refusal of the method holds for the registry.
                self.learnt
                    .refuses_head
                    .fetch_or(refuses_method(&error), Ordering::Relaxed);
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    pub(crate) async fn get_manifest(&self, named: &Named, limit: u64) -> Result<Verified> {
        let (_, content) = self.get_manifest_with_headers(named, limit).await?;
        Ok(content)
    }

    /// Reads a manifest, and returns it with the response headers.
    pub(crate) async fn get_manifest_with_headers(
        &self,
        named: &Named,
        limit: u64,
    ) -> Result<(HeaderMap, Verified)> {
        let call = self.manifest_call(Method::GET, named)?;
        let (parts, body) = self.core.read(call, limit).await?;
        let content = identified(&parts.headers, named, body)?;
        let manifest = Manifest::parse(content).map_err(|error| error.about(named.what.clone()))?;
        let content = manifest.content().clone();
        Ok((parts.headers, content))
    }

    /// Spec: distribution-spec v1.1, "Pulling manifests".
    pub(crate) async fn open_manifest(&self, target: &Descriptor, opts: OpenOptions) -> Result<Opened> {
        if !opts.range.is_full() {
            let named = self.named(&(&target.digest).into())?;
            let call = self.manifest_call(Method::GET, &named)?;
            let (_, body) = self.core.read(call, self.core.options.max_manifest_bytes).await?;
            return Ok(Opened::of_bytes(&body, opts));
        }
        let response = self.ask_manifest(target).await?;
        let (length, whole) = (answer::length(response.headers()), 0..target.size);
        let download = Download::new(self.clone(), target.clone(), whole.clone(), response);
        Ok(Opened::new(Content::new(download.into_stream(), length), whole))
    }

    /// Requests all bytes of a manifest.
    pub(crate) async fn ask_manifest(&self, target: &Descriptor) -> Result<Response> {
        let named = self.named(&(&target.digest).into())?;
        let call = self.manifest_call(Method::GET, &named)?;
        let response = self.core.send(call, &[StatusCode::OK]).await?;
        check_length(&response, target, &named.what)?;
        Ok(response)
    }

    pub(crate) async fn manifest_exists(&self, target: &Descriptor) -> Result<bool> {
        self.has_manifest(target, self.pull()).await
    }

    /// Checks whether a manifest has to be pushed, with a token that also permits the push.
    pub(crate) async fn offer_manifest(&self, target: &Descriptor, force: bool) -> Result<Offered> {
        match !force && self.has_manifest(target, self.push()).await? {
            true => Ok(Offered::Present),
            false => Ok(Offered::Wanted(None)),
        }
    }

    async fn has_manifest(&self, target: &Descriptor, scopes: Scopes) -> Result<bool> {
        let mut named = self.named(&(&target.digest).into())?;
        named.scopes = scopes;
        let found = match self.head_manifest(&named).await {
            Ok(Some(found)) if found.size == target.size => Ok(()),
            Ok(_) => self
                .get_manifest(&named, self.core.options.max_manifest_bytes)
                .await
                .map(drop),
            Err(error) => Err(error),
        };
        match found {
            Ok(()) => Ok(true),
            Err(error) if error.is_not_found() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Spec: distribution-spec v1.1, "Deleting Manifests".
    pub(crate) async fn delete_manifest(&self, target: &Descriptor) -> Result<()> {
        let manifest = self.kept_by_client(target).await?;
        self.delete_named(&(&target.digest).into()).await?;
        if let Some(manifest) = manifest
            && let Err(error) = self.remove_referrer(&manifest).await
        {
            let what = self.describe(target);
            self.core.warn(format!(
                "{what} was deleted, but may still be listed as a referrer: {error}"
            ));
        }
        Ok(())
    }

    /// The manifest, if the client has to keep the list of referrers of its subject. An unreadable manifest has no
    /// known subject.
    async fn kept_by_client(&self, target: &Descriptor) -> Result<Option<Manifest>> {
        if self.referrers.is_api() {
            return Ok(None);
        }
        let named = self.named(&(&target.digest).into())?;
        let limit = self.core.options.max_manifest_bytes;
        let read = self.get_manifest(&named, limit).await.and_then(Manifest::parse);
        match read {
            Ok(manifest) => Ok(Some(manifest)),
            Err(error) => match error.kind() {
                ErrorKind::InvalidManifest
                | ErrorKind::Protocol
                | ErrorKind::Rejected
                | ErrorKind::Unsupported
                | ErrorKind::SizeExceedsLimit { .. }
                | ErrorKind::Verify => Ok(None),
                _ => Err(error),
            },
        }
    }

    /// Deletes a tag, or a manifest by its digest.
    pub(crate) async fn delete_named(&self, name: &Name) -> Result<()> {
        let named = self.named(name)?;
        let call = Call::new(
            Method::DELETE,
            self.manifest_url(named.name.as_str())?,
            &named.what,
        );
        self.core
            .delete(call.scopes(self.delete()).about_manifest())
            .await
    }

    /// Resolves by `HEAD`, or by reading the manifest if the caller asks for it or the `HEAD` response is incomplete.
    pub(crate) async fn resolve_here(&self, name: &Name, opts: ResolveOptions) -> Result<Resolved> {
        let named = self.named(name)?;
        let limit = opts.read.unwrap_or(self.core.options.max_manifest_bytes);
        if opts.read.is_some() {
            return Ok(self.get_manifest(&named, limit).await?.into());
        }
        let is_missing = match self.head_manifest(&named).await {
            Ok(Some(descriptor)) => return Ok(descriptor.into()),
            Ok(None) => false,
            Err(error) if error.is_not_found() && !self.learnt.answers_head.load(Ordering::Relaxed) => true,
            Err(error) => return Err(error),
        };
        let read = self.get_manifest(&named, limit).await;
        if is_missing {
            self.learn_head(&read);
        }
        Ok(read?.into())
    }

    /// Learns, once, whether the registry answers `HEAD`. Some servers do not, and report manifests as missing that
    /// `GET` returns.
    fn learn_head(&self, read: &Result<Verified>) {
        match read {
            Ok(_) => self.learnt.refuses_head.store(true, Ordering::Relaxed),
            Err(error) if error.is_not_found() => self.learnt.answers_head.store(true, Ordering::Relaxed),
            Err(_) => {}
        }
    }
}

/// Checks a tag. One that looks like a digest is reported as an invalid digest.
fn check(tag: &Tag) -> Result<()> {
    if tag.as_str().contains(':') {
        tag.as_str().parse::<Digest>()?;
    }
    Ok(tag.check()?)
}

/// The media types of all supported kinds of manifests.
fn accept() -> HeaderValue {
    let kinds = ManifestKind::ALL.map(|kind| kind.media_type().to_string());
    HeaderValue::from_str(&kinds.join(", ")).expect("media types are visible ASCII")
}

/// The descriptor given by the headers, if they are complete.
fn described(headers: &HeaderMap, named: &Named) -> Result<Option<Descriptor>> {
    if let Some(digest) = named.name.digest() {
        answer::check_digest(headers, digest, &named.what)?;
    }
    let digest = match named.name.digest() {
        Some(digest) => Some(digest.clone()),
        None => answer::digest(headers, &named.what)?.filter(|digest| digest.algorithm().is_some()),
    };
    let media_type = answer::media_type(headers).filter(|found| found.manifest_kind().is_some());
    // No manifest is empty, but some servers send 0 for every `HEAD`.
    let size = answer::length(headers).filter(|size| *size > 0);
    let (Some(digest), Some(media_type), Some(size)) = (digest, media_type, size) else {
        return Ok(None);
    };
    Ok(Some(Descriptor::new(media_type, digest, size)))
}

/// Verifies the body against the requested digest, or else the digest in the headers.
fn identified(headers: &HeaderMap, named: &Named, body: Bytes) -> Result<Verified> {
    let said = answer::digest(headers, &named.what)?.filter(|digest| digest.algorithm().is_some());
    let digest = named
        .name
        .digest()
        .cloned()
        .or(said)
        .unwrap_or_else(|| Digest::sha256(&body));
    let media_type = manifest_type(headers, &body).ok_or_else(|| {
        let said = answer::media_type(headers).map_or("unknown".to_owned(), |found| found.to_string());
        Error::protocol(
            &named.what,
            format!("the answer is of type {said}, which is not a manifest"),
        )
    })?;
    let descriptor = Descriptor::new(media_type, digest, body.len() as u64);
    Verified::new(descriptor, body).map_err(|source| Error::verify(&named.what, source))
}

/// The media type in the header, or else in the document.
fn manifest_type(headers: &HeaderMap, body: &[u8]) -> Option<MediaType> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Typed {
        media_type: MediaType,
    }

    let is_manifest = |found: &MediaType| found.manifest_kind().is_some();
    answer::media_type(headers).filter(is_manifest).or_else(|| {
        let typed: Typed = serde_json::from_slice(body).ok()?;
        Some(typed.media_type).filter(is_manifest)
    })
}
