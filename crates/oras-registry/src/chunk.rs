//! Chunks: the requests that carry the bytes of a blob.

use std::ops::Range;

use http::header::{CONTENT_RANGE, CONTENT_TYPE};
use http::{HeaderValue, Method, StatusCode};
use oras_content::Result;
use oras_transport::Commits;

use crate::Repository;
use crate::outgoing::Outgoing;
use crate::request::Call;
use crate::session::{Session, received};

const OCTETS: HeaderValue = HeaderValue::from_static("application/octet-stream");

impl Repository {
    /// Sends the bytes `range`. Returns the session for the next bytes, and the offset at which they start.
    ///
    /// Spec: distribution-spec v1.1, "Pushing a blob in chunks".
    pub(crate) async fn patch_blob(
        &self,
        session: &Session,
        content: &Outgoing,
        range: Range<u64>,
    ) -> Result<(Session, u64)> {
        let what = self.describe(content.expected());
        let mut call = Call::new(Method::PATCH, session.location().clone(), &what)
            .scopes(self.push())
            .header(CONTENT_TYPE, OCTETS)
            .body(content.body(range.clone()))
            .moves_blob()
            .once();
        // A whole blob in one request is a stream, which registries without support for chunks accept, too.
        if range != (0..content.expected().size) {
            call = call.header(CONTENT_RANGE, content_range(&range));
        }
        let accepted = [StatusCode::ACCEPTED, StatusCode::CREATED, StatusCode::NO_CONTENT];
        let response = self.core.send(call, &accepted).await?;
        let next = session.next(self, &response, &what)?;
        let said = received(response.headers());
        response.into_body().drain().await;
        Ok((next, taken(&range, said)))
    }

    /// Closes the session with the bytes `range`: the whole blob, its last chunk, or nothing if all bytes were sent.
    ///
    /// Spec: distribution-spec v1.1, "POST then PUT".
    pub(crate) async fn put_blob(
        &self,
        session: &Session,
        content: &Outgoing,
        range: Range<u64>,
    ) -> Result<()> {
        let expected = content.expected();
        let what = self.describe(expected);
        let mut call = Call::new(Method::PUT, session.closing_url(expected, &what)?, &what)
            .scopes(self.push())
            .header(CONTENT_TYPE, OCTETS)
            .with(Commits(range.start))
            .body(content.body(range.clone()))
            .moves_blob()
            .once();
        if range.start > 0 && !range.is_empty() {
            call = call.header(CONTENT_RANGE, content_range(&range));
        }
        let response = self.core.send(call, &[StatusCode::CREATED]).await?;
        crate::answer::check_uploaded_digest(response.headers(), &expected.digest, &what)?;
        response.into_body().drain().await;
        Ok(())
    }
}

/// Writes a range as the protocol does, without a unit.
fn content_range(range: &Range<u64>) -> HeaderValue {
    let bytes = format!("{}-{}", range.start, range.end - 1);
    HeaderValue::try_from(bytes).expect("numbers are plain text")
}

/// The offset after the registry took the chunk `range` and reported `said` bytes. It may have kept only the start of
/// the chunk. Implausible totals are ignored: some registries report only the first or the last chunk, and the digest
/// decides in the end. Registries also report one byte when they have none.
fn taken(range: &Range<u64>, said: Option<u64>) -> u64 {
    said.filter(|said| range.start.max(1) < *said && *said < range.end)
        .unwrap_or(range.end)
}
