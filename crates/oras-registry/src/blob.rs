//! Reads, checks and deletes blobs.

use std::ops::Range;

use bytes::Bytes;
use futures_util::StreamExt;
use http::header::RANGE;
use http::{HeaderValue, Method, StatusCode, Uri};
use oras_content::{
    Content, Descriptor, Digest, Error, ErrorSubject, MediaType, OpenOptions, Opened, Result, VerifyError,
};
use oras_transport::Response;

use crate::Repository;
use crate::answer;
use crate::download::Download;
use crate::parallel::{self, Parallel};
use crate::request::Call;

impl Repository {
    fn blob_url(&self, target: &Descriptor) -> Result<Uri> {
        self.core
            .url(&format!("/v2/{}/blobs/{}", self.name, target.digest))
    }

    /// Spec: distribution-spec v1.1, "Pulling blobs".
    pub(crate) async fn open_blob(&self, target: &Descriptor, opts: OpenOptions) -> Result<Opened> {
        let range = opts.range.within(target.size);
        if range.is_empty() && target.size > 0 {
            return Ok(Opened::new(Bytes::new().into(), range));
        }
        let (first, response) = self.ask_first(target, &range).await?;
        let is_part = response.status() == StatusCode::PARTIAL_CONTENT;
        let (repository, target, len) = (self.clone(), target.clone(), range.end - range.start);
        let frames = match is_part && first != range {
            true => Parallel::new(repository, target, range.clone(), response)
                .into_stream()
                .left_stream(),
            false => Download::new(repository, target, range.clone(), response)
                .into_stream()
                .right_stream(),
        };
        Ok(Opened::new(Content::new(frames, Some(len)), range))
    }

    /// Sends the first request for the bytes `range` of a blob. Returns the range it asked for, and the response.
    async fn ask_first(&self, target: &Descriptor, range: &Range<u64>) -> Result<(Range<u64>, Response)> {
        let first = parallel::first(self, range);
        match self.get_blob(target, first.start, first.end).await {
            Ok(response) => Ok((first, response)),
            Err(error) if first != *range && parallel::may_be_the_range(&error) => {
                tracing::debug!(digest = %target.digest, %error, "asking for the blob as a whole");
                let response = self.get_blob(target, range.start, range.end).await?;
                Ok((range.clone(), response))
            }
            Err(error) => Err(error),
        }
    }

    /// Requests a blob from `start` on. A registry that does not support ranges sends the bytes before `start`, too.
    pub(crate) async fn get_blob(&self, target: &Descriptor, start: u64, end: u64) -> Result<Response> {
        let what = self.describe(target);
        let mut call = Call::new(Method::GET, self.blob_url(target)?, &what)
            .scopes(self.pull())
            .moves_blob();
        if start > 0 || end < target.size {
            let range = HeaderValue::from_str(&format!("bytes={start}-{}", end.saturating_sub(1)));
            call = call.header(RANGE, range.expect("numbers are visible ASCII"));
        }
        let response = self
            .core
            .send(call, &[StatusCode::OK, StatusCode::PARTIAL_CONTENT])
            .await?;
        match response.status() {
            StatusCode::OK => check_length(&response, target, &what)?,
            _ => answer::check_range(response.headers(), start, &what)?,
        }
        Ok(response)
    }

    /// Spec: distribution-spec v1.1, "Checking if content exists in the registry".
    pub(crate) async fn blob_exists(&self, target: &Descriptor) -> Result<bool> {
        let what = self.describe(target);
        let call = Call::new(Method::HEAD, self.blob_url(target)?, &what).scopes(self.pull());
        let response = match self.core.send(call, &[StatusCode::OK]).await {
            Err(error) if error.is_not_found() => return Ok(false),
            answered => answered?,
        };
        check_length(&response, target, &what)?;
        answer::check_digest(response.headers(), &target.digest, &what)?;
        let headers = response.headers();
        if answer::length(headers).is_some() || answer::digest(headers, &what)?.is_some() {
            return Ok(true);
        }
        // Any web server may answer 200. Without a length or a digest, the blob counts as missing.
        let told = self.blob_length(target).await;
        Ok(told.is_ok_and(|told| told == Some(target.size)))
    }

    /// The length of the blob, according to the response to a request for its first byte.
    async fn blob_length(&self, target: &Descriptor) -> Result<Option<u64>> {
        let call = Call::new(Method::GET, self.blob_url(target)?, self.describe(target))
            .scopes(self.pull())
            .header(RANGE, HeaderValue::from_static("bytes=0-0"));
        let accepted = [StatusCode::OK, StatusCode::PARTIAL_CONTENT];
        let response = self.core.send(call, &accepted).await?;
        Ok(match response.status() {
            StatusCode::OK => answer::length(response.headers()),
            _ => answer::total(response.headers()),
        })
    }

    /// Spec: distribution-spec v1.1, "Checking if content exists in the registry".
    pub(crate) async fn describe_blob(&self, digest: &Digest) -> Result<Descriptor> {
        let unsized_blob = Descriptor::new(MediaType::OCTET_STREAM, digest.clone(), 0);
        let what = self.describe(&unsized_blob);
        let call = Call::new(Method::HEAD, self.blob_url(&unsized_blob)?, &what).scopes(self.pull());
        let response = self.core.send(call, &[StatusCode::OK]).await?;
        answer::check_digest(response.headers(), digest, &what)?;
        let size = match answer::length(response.headers()) {
            None => self.blob_length(&unsized_blob).await?,
            told => told,
        };
        let size =
            size.ok_or_else(|| Error::protocol(&what, "the registry does not tell the length of the blob"))?;
        Ok(Descriptor::new(MediaType::OCTET_STREAM, digest.clone(), size))
    }

    /// Spec: distribution-spec v1.1, "Deleting Blobs".
    pub(crate) async fn delete_blob(&self, target: &Descriptor) -> Result<()> {
        let call =
            Call::new(Method::DELETE, self.blob_url(target)?, self.describe(target)).scopes(self.delete());
        self.core.delete(call).await
    }
}

pub(crate) fn check_length(response: &Response, target: &Descriptor, what: &ErrorSubject) -> Result<()> {
    match answer::length(response.headers()) {
        Some(actual) if actual != target.size => {
            let expected = target.size;
            Err(Error::verify(what, VerifyError::Size { expected, actual }))
        }
        _ => Ok(()),
    }
}
