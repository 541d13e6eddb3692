//! Refusals: requests that quirks answer before the registry sees them.

use hyper::header::{CONTENT_LENGTH, COOKIE};
use hyper::{Method, Response, StatusCode};
use oras_content::Digest;
use oras_server::{Body, Route};

use super::Quirk;
use super::turn::{Refusal, Turn};
use crate::answer::Answer;
use crate::layer::Visit;

const MESSAGE: &str = "this registry does not do that";
const CHUNK_MAX: u64 = 4 * 1024 * 1024;

impl Turn<'_> {
    /// Returns the refusal, if the registry does not get to see the request.
    pub(super) async fn refuse(&self, visit: &mut Visit) -> Option<Refusal> {
        if let Some(answer) = self.refuse_any() {
            return Some(Refusal::Answer(answer));
        }
        match self.route {
            Route::Manifest => self.refuse_manifest(visit).await.map(Refusal::Answer),
            Route::Uploads => self.refuse_start(),
            Route::Upload => self.refuse_upload(),
            Route::Tags | Route::Catalog => self.refuse_list(),
            Route::Referrers => self.refuse_referrers().map(Refusal::Answer),
            Route::Token => self.refuse_token().await.map(Refusal::Answer),
            _ => None,
        }
    }

    /// Refusals that can happen to any request.
    fn refuse_any(&self) -> Option<Response<Body>> {
        let memory = &self.host.layer.quirks.memory;
        let every_third = [
            (Quirk::Throttled, 429),
            (Quirk::ThrottledUnavailable, 503),
            (Quirk::FlakyClientGone, 499),
        ];
        if self.has(Quirk::YesToEverything) {
            return Some(html(StatusCode::OK));
        }
        if self.has(Quirk::Cookie) && self.head.headers.contains_key(COOKIE) {
            return Some(refused(403, "DENIED"));
        }
        if self.has(Quirk::ReferrersLoginPage) && self.head.uri.path() == "/login" {
            return Some(html(StatusCode::OK));
        }
        if self.has(Quirk::FlakyUnknown) && memory.is_every(3, "flaky") {
            return Some(html(StatusCode::from_u16(520).expect("520 is a status")));
        }
        let status = self.host.layer.quirks.first(&every_third)?;
        memory
            .is_every(3, "throttled")
            .then(|| refused(status, "TOOMANYREQUESTS"))
    }

    async fn refuse_manifest(&self, visit: &mut Visit) -> Option<Response<Body>> {
        match *self.method() {
            Method::HEAD => self.answer_of(&[
                (Quirk::HeadManifestForbidden, (403, "DENIED")),
                (Quirk::HeadManifestMissing, (404, "MANIFEST_UNKNOWN")),
                (Quirk::HeadManifestNotAllowed, (405, "UNSUPPORTED")),
                (Quirk::HeadManifestNotImplemented, (501, "UNSUPPORTED")),
            ]),
            Method::PUT => self.refuse_content(visit).await,
            Method::DELETE => self.refuse_delete(&visit.path).await,
            _ => None,
        }
    }

    fn refuse_start(&self) -> Option<Refusal> {
        let is_mount = self.query.get("mount").is_some();
        let lacks_from = is_mount && self.query.get("from").is_none();
        if lacks_from && self.has(Quirk::MountNeedsFrom) {
            return Some(Refusal::Answer(refused(400, "UNSUPPORTED")));
        }
        self.refuse_empty().map(Refusal::Answer)
    }

    fn refuse_upload(&self) -> Option<Refusal> {
        let memory = &self.host.layer.quirks.memory;
        let path = self.head.uri.path();
        let brings_bytes = matches!(*self.method(), Method::PATCH | Method::PUT) && self.len() != Some(0);
        if self.has(Quirk::OtherReplica) && memory.is_every(2, &format!("replica {path}")) {
            return Some(Refusal::Answer(refused(404, "BLOB_UPLOAD_UNKNOWN")));
        }
        if brings_bytes && self.has(Quirk::UploadsRefused) && !memory.is_every(2, "refused") {
            let error = h2::Error::from(h2::Reason::REFUSED_STREAM);
            return Some(Refusal::Break(error.into()));
        }
        if self.has(Quirk::LocationQuery) && !self.has_state() {
            return Some(Refusal::Answer(refused(404, "BLOB_UPLOAD_INVALID")));
        }
        match *self.method() {
            Method::PATCH => self.refuse_chunk(),
            Method::PUT => self.refuse_put().map(Refusal::Answer),
            _ if self.is_read() => self
                .answer_of(&[(Quirk::NoUploadStatus, (404, "BLOB_UPLOAD_UNKNOWN"))])
                .map(Refusal::Answer),
            _ => None,
        }
    }

    fn refuse_chunk(&self) -> Option<Refusal> {
        let memory = &self.host.layer.quirks.memory;
        if self.has(Quirk::PatchChallenged) && !memory.is_every(2, &format!("chunk {}", self.head.uri.path()))
        {
            return Some(Refusal::Login);
        }
        let is_large = self.len().is_some_and(|len| len > CHUNK_MAX);
        if self.has(Quirk::ChunkOver4Mib) && is_large {
            return Some(Refusal::Answer(refused(416, "SIZE_INVALID")));
        }
        None
    }

    fn refuse_put(&self) -> Option<Response<Body>> {
        let memory = &self.host.layer.quirks.memory;
        let path = self.head.uri.path();
        let is_started = self.known_len().is_some_and(|len| len > 0);
        if self.has(Quirk::NoSinglePut) && !is_started && self.len() != Some(0) {
            return Some(refused(405, "UNSUPPORTED"));
        }
        let is_empty = self.len().unwrap_or_default() == 0;
        if self.has(Quirk::EmptyPutRefused) && is_empty && memory.count(&format!("put {path}")) == 1 {
            return Some(refused(400, "BLOB_UPLOAD_INVALID"));
        }
        self.refuse_empty()
    }

    /// Returns the response to an empty blob, if it is refused.
    fn refuse_empty(&self) -> Option<Response<Body>> {
        let digest = self.query.get("digest")?;
        let is_empty = digest == Digest::sha256(b"").as_str();
        (is_empty && self.has(Quirk::NoEmptyBlob)).then(|| refused(500, "UNKNOWN"))
    }

    fn refuse_list(&self) -> Option<Refusal> {
        if self.route == Route::Catalog {
            if self.has(Quirk::CatalogUnauthorized) {
                return Some(Refusal::Login);
            }
            let answer = self.answer_of(&[
                (Quirk::CatalogForbidden, (403, "DENIED")),
                (Quirk::CatalogMissing, (404, "UNSUPPORTED")),
            ]);
            if answer.is_some() {
                return answer.map(Refusal::Answer);
            }
        }
        let number = self.query.get("n").and_then(|n| n.parse::<u64>().ok());
        if self.has(Quirk::PageLimit1000) && number.is_some_and(|n| n > 1000) {
            return Some(Refusal::Answer(refused(400, "PAGINATION_NUMBER_INVALID")));
        }
        if self.has(Quirk::OpaqueCursor) && self.query.get("last").is_some() && !self.is_alias {
            return Some(Refusal::Answer(refused(405, "UNSUPPORTED")));
        }
        if self.route == Route::Tags && self.has(Quirk::TagsMetadataRead) && !self.may_read_metadata() {
            return Some(Refusal::Login);
        }
        None
    }

    fn refuse_referrers(&self) -> Option<Response<Body>> {
        if self.has(Quirk::ReferrersLoginPage) {
            return Some(
                Answer::new(StatusCode::TEMPORARY_REDIRECT)
                    .with_location("/login")
                    .finish(),
            );
        }
        self.answer_of(&[
            (Quirk::ReferrersInvalid, (400, "MANIFEST_INVALID")),
            (Quirk::ReferrersNotAllowed, (405, "UNSUPPORTED")),
            (Quirk::ReferrersNotAcceptable, (406, "UNSUPPORTED")),
        ])
    }

    /// Returns the response of the first of these quirks that the registry has.
    pub(super) fn answer_of(&self, rows: &[(Quirk, (u16, &str))]) -> Option<Response<Body>> {
        let (status, code) = self.host.layer.quirks.first(rows)?;
        Some(refused(status, code))
    }

    /// Returns the announced length of the body.
    pub(super) fn len(&self) -> Option<u64> {
        self.header(CONTENT_LENGTH)?.parse().ok()
    }
}

pub(super) fn refused(status: u16, code: &str) -> Response<Body> {
    let status = StatusCode::from_u16(status).expect("quirks have valid statuses");
    Answer::error(status, code, MESSAGE).finish()
}

/// Returns an HTML page.
pub(super) fn html(status: StatusCode) -> Response<Body> {
    let page = format!("<!doctype html><title>{status}</title><h1>{status}</h1>\n");
    Answer::html(status, page).finish()
}
