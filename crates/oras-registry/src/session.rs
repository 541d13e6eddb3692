//! An upload session: where the registry expects the bytes of a blob.

use std::sync::Arc;

use http::header::{LOCATION, RANGE};
use http::{HeaderMap, Method, StatusCode, Uri};
use oras_content::{Descriptor, Error, ErrorSubject, Result};
use oras_transport::{FinalUri, Origin, Repeatable, Response, resolve};

use crate::Repository;
use crate::core::Core;
use crate::page::query;
use crate::request::Call;

/// The result of a request to upload a blob.
pub(crate) enum Start {
    /// The repository has the blob: it was there, or was mounted.
    Present,
    /// The registry expects the bytes.
    Session(Session),
}

#[derive(Clone, Debug)]
pub(crate) struct Session {
    location: Uri,
    /// The repository it was opened for, with its registry.
    repository: Arc<str>,
    /// Whether it was opened by a mount that was not carried out.
    pub(crate) is_failed_mount: bool,
    /// Minimum number of bytes in every chunk but the last.
    pub(crate) min_chunk: u64,
}

impl Repository {
    /// Requests an upload session for `expected`, or a mount from `from`.
    ///
    /// Spec: distribution-spec v1.1, "POST then PUT" and "Mounting a blob from another repository".
    pub(crate) async fn start_upload(&self, expected: &Descriptor, from: Option<&str>) -> Result<Start> {
        let what = self.describe(expected);
        let digest = expected.digest.as_str();
        let is_sha256 = expected.digest.algorithm_name() == "sha256";
        let query = query(&[
            ("mount", from.map(|_| digest)),
            ("from", from),
            (
                "digest-algorithm",
                (!is_sha256).then_some(expected.digest.algorithm_name()),
            ),
        ]);
        let url = self
            .core
            .url(&format!("/v2/{}/blobs/uploads/{query}", self.name))?;
        let mut scopes = self.push();
        if let Some(from) = from {
            scopes = scopes.union(&oras_auth::Scopes::repository(from, &[oras_auth::Action::Pull]));
        }
        // An unused session does no harm, so this request may be repeated.
        let call = Call::new(Method::POST, url.clone(), &what)
            .scopes(scopes)
            .with(Repeatable);
        let accepted = match from {
            Some(_) => &[StatusCode::CREATED, StatusCode::ACCEPTED][..],
            None => &[StatusCode::ACCEPTED][..],
        };
        let response = self.core.send(call, accepted).await?;
        if response.status() == StatusCode::CREATED {
            crate::answer::check_uploaded_digest(response.headers(), &expected.digest, &what)?;
            response.into_body().drain().await;
            return Ok(Start::Present);
        }
        let mut session = Session::of(self, &url, &response, &what)?;
        session.is_failed_mount = from.is_some();
        self.core.client.uploads.note(self, &session);
        response.into_body().drain().await;
        Ok(Start::Session(session))
    }

    /// Asks for the progress of an upload. Returns the session to continue with, and how many bytes the registry has,
    /// if given.
    ///
    /// Spec: distribution-spec v1.1, "Pushing a blob in chunks".
    pub(crate) async fn upload_status(
        &self,
        session: &Session,
        expected: &Descriptor,
    ) -> Result<(Session, Option<u64>)> {
        let what = self.describe(expected);
        let call = Call::new(Method::GET, session.location().clone(), &what).scopes(self.push());
        let response = self.core.send(call, &[StatusCode::NO_CONTENT]).await?;
        let next = session.next(self, &response, &what)?;
        let received = received(response.headers());
        response.into_body().drain().await;
        Ok((next, received))
    }
}

/// The number of bytes the registry has of an upload. Some registries add a unit. A range that does not start at 0 is
/// that of the last chunk, not a total.
pub(crate) fn received(headers: &HeaderMap) -> Option<u64> {
    let range = headers.get(RANGE)?.to_str().ok()?.trim();
    let (first, last) = range.strip_prefix("bytes=").unwrap_or(range).split_once('-')?;
    if first != "0" || !last.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    last.parse::<u64>().ok()?.checked_add(1)
}

/// The minimum length of chunks, or `None` if the header is missing or not a number.
pub(crate) fn min_chunk(headers: &HeaderMap) -> Option<u64> {
    headers.get("oci-chunk-min-length")?.to_str().ok()?.parse().ok()
}

impl Session {
    /// The session that `response` opens.
    pub(crate) fn of(
        repository: &Repository,
        asked: &Uri,
        response: &Response,
        what: &ErrorSubject,
    ) -> Result<Self> {
        let header = response.headers().get(LOCATION);
        let header = header
            .ok_or_else(|| Error::protocol(what, "the registry opened an upload without a location"))?;
        let text = header.to_str().map_err(|error| Error::protocol(what, error))?;
        let base = response
            .extensions()
            .get::<FinalUri>()
            .map_or(asked, |FinalUri(url)| url);
        let location = resolve(base, text).map_err(|error| Error::protocol(what, error))?;
        let mut session = Self::at(repository, location, what)?;
        session.min_chunk = min_chunk(response.headers()).unwrap_or(0);
        Ok(session)
    }

    /// The session at `location`, if the location is allowed.
    pub(crate) fn at(repository: &Repository, location: Uri, what: &ErrorSubject) -> Result<Self> {
        Ok(Self {
            location: Self::allowed(&repository.core, location, what)?,
            repository: Arc::clone(&repository.full_name),
            is_failed_mount: false,
            min_chunk: 0,
        })
    }

    /// The session after `response`, which stays at its location unless the response has another.
    pub(crate) fn next(
        &self,
        repository: &Repository,
        response: &Response,
        what: &ErrorSubject,
    ) -> Result<Self> {
        let mut next = self.clone();
        if response.headers().contains_key(LOCATION) {
            next.location = Self::of(repository, &self.location, response, what)?.location;
        }
        next.min_chunk = min_chunk(response.headers()).unwrap_or(self.min_chunk);
        repository.core.client.uploads.moved(repository, self, &next);
        Ok(next)
    }

    /// Checks that a location is on the registry itself, or on a server that is neither less protected nor less public.
    fn allowed(core: &Core, location: Uri, what: &ErrorSubject) -> Result<Uri> {
        let refuse = |reason: &str| Err(Error::refused(what.clone(), reason.to_owned()));
        let Ok(origin) = Origin::of(&location) else {
            return refuse("the registry sends the upload to an unusable address");
        };
        if origin == core.origin {
            return Ok(location);
        }
        if core.origin.is_https() && !origin.is_https() {
            // A registry behind a proxy that terminates TLS often does not know of it.
            let path = location.path_and_query().map_or("/", |path| path.as_str());
            return match origin.host() == core.origin.host() {
                true => core.url(path),
                false => refuse("the registry sends the upload to a server without TLS"),
            };
        }
        if origin.is_private_literal() && !core.origin.is_private_literal() {
            return refuse("the registry sends the upload to a private address");
        }
        Ok(location)
    }

    /// The URL that closes the session, with the digest.
    pub(crate) fn closing_url(&self, expected: &Descriptor, what: &ErrorSubject) -> Result<Uri> {
        let digest = query(&[("digest", Some(expected.digest.as_str()))]);
        let url = match self.location.query() {
            Some(_) => format!("{}&{}", self.location, &digest[1..]),
            None => format!("{}{digest}", self.location),
        };
        url.parse()
            .map_err(|error: http::uri::InvalidUri| Error::protocol(what, error))
    }

    /// Whether it was opened for this repository.
    pub(crate) fn is_of(&self, repository: &Repository) -> bool {
        self.repository == repository.full_name
    }

    pub(crate) fn location(&self) -> &Uri {
        &self.location
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue};

    use super::{min_chunk, received};

    #[test]
    fn only_a_range_from_the_start_is_a_total() {
        let said = |range: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert("range", HeaderValue::from_static(range));
            received(&headers)
        };
        assert_eq!(
            (said("0-0"), said("0-9"), said("bytes=0-9")),
            (Some(1), Some(10), Some(10))
        );
        for odd in [
            "",
            "9",
            "0-",
            "-9",
            "0--1",
            "0-+9",
            "5-9",
            "0-9x",
            "0-18446744073709551615",
        ] {
            assert_eq!(said(odd), None, "{odd}");
        }
        assert_eq!(received(&HeaderMap::new()), None);
    }

    #[test]
    fn a_least_length_is_a_number() {
        let said = |length: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert("oci-chunk-min-length", HeaderValue::from_static(length));
            min_chunk(&headers)
        };
        assert_eq!(said("5242880"), Some(5_242_880));
        for odd in ["", "-1", "5 MiB", "99999999999999999999"] {
            assert_eq!(said(odd), None, "{odd}");
        }
    }
}
