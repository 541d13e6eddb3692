//! Uploads: their reported locations and progress.

use hyper::header::{HeaderName, HeaderValue, LOCATION, RANGE};
use hyper::{Method, Response, StatusCode};
use oras_server::Body;

use super::Quirk;
use super::turn::Turn;
use crate::answer::Answer;

impl Turn<'_> {
    /// Alters the response to the start of an upload, or to a mount.
    pub(super) fn alter_start(&self, answer: Response<Body>) -> Response<Body> {
        let is_failed_mount = self.query.get("mount").is_some() && answer.status() == StatusCode::ACCEPTED;
        if !is_failed_mount {
            return self.alter_upload(answer);
        }
        let location = text(&answer, LOCATION).unwrap_or_default().to_owned();
        let session = location.rsplit_once('/');
        if let Some(refusal) = self.refuse_mount() {
            self.forget(session);
            return refusal;
        }
        match session.filter(|_| self.has(Quirk::MountLocation)) {
            Some((path, id)) => {
                self.forget(session);
                let query = self.head.uri.query().unwrap_or_default();
                Answer::new(StatusCode::ACCEPTED)
                    .with_location(format_args!("{path}/?{query}/{id}"))
                    .finish()
            }
            None => self.alter_upload(answer),
        }
    }

    fn refuse_mount(&self) -> Option<Response<Body>> {
        self.answer_of(&[
            (Quirk::MountUnauthorized, (401, "UNAUTHORIZED")),
            (Quirk::MountForbidden, (403, "DENIED")),
            (Quirk::MountMissing, (404, "NAME_UNKNOWN")),
        ])
    }

    /// Ends an upload that the client does not learn about.
    fn forget(&self, session: Option<(&str, &str)>) {
        if let Some((_, id)) = session {
            self.host.next.forget_upload(id);
        }
    }

    /// Alters the response to any request about an upload.
    pub(super) fn alter_upload(&self, mut answer: Response<Body>) -> Response<Body> {
        let is_session = matches!(answer.status().as_u16(), 202 | 204 | 416);
        let location = text(&answer, LOCATION).map(str::to_owned);
        let Some(location) = location.filter(|_| is_session) else {
            return answer;
        };
        self.alter_range(&location, &mut answer);
        set(&mut answer, LOCATION, &self.location(&location));
        if *self.method() == Method::PATCH
            && answer.status() == StatusCode::ACCEPTED
            && self.has(Quirk::PatchCreated)
        {
            *answer.status_mut() = StatusCode::CREATED;
        }
        answer
    }

    /// Returns the `Location` to report for the upload at `path`.
    fn location(&self, path: &str) -> String {
        let (scheme, host) = (self.scheme(), self.host());
        let path = self.path(path);
        if self.has(Quirk::LocationSecondOrigin) {
            return self.elsewhere(&Method::PATCH, &path);
        }
        if self.has(Quirk::LocationAbsolute) {
            return format!("{scheme}://{host}{path}");
        }
        if self.has(Quirk::LocationHttp) {
            return format!("http://{host}{path}");
        }
        if self.has(Quirk::LocationOtherPort) {
            let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
            return format!("{scheme}://{name}:1{path}");
        }
        if self.has(Quirk::LocationWithoutPort) {
            let name = host.strip_suffix(":443").or_else(|| host.strip_suffix(":80"));
            return format!("{scheme}://{}{path}", name.unwrap_or(host));
        }
        if self.has(Quirk::LocationSchemeless) {
            return format!("//{host}{path}");
        }
        if self.has(Quirk::LocationUnrooted) {
            return self.relative(&path);
        }
        path
    }

    /// Returns the path with the additions of this registry.
    fn path(&self, path: &str) -> String {
        if self.has(Quirk::LocationPatchSuffix) {
            return format!("{path}.patch");
        }
        if self.has(Quirk::LocationTrailingSlash) {
            return format!("{path}/");
        }
        if self.has(Quirk::LocationQuery) {
            let memory = &self.host.layer.quirks.memory;
            let query = format!("_nouploadcache=false&_state=a%2Bb{}%3D&x", memory.count("states"));
            memory.set(format!("state {path}"), query.clone());
            return format!("{path}?{query}");
        }
        path.to_owned()
    }

    /// Returns the path relative to the requested one.
    fn relative(&self, path: &str) -> String {
        let asked = self.head.uri.path();
        let base = asked.rfind('/').map_or(asked, |end| &asked[..=end]);
        path.strip_prefix(base).unwrap_or(path).to_owned()
    }

    /// Whether the query of the last `Location` was sent back unchanged.
    pub(super) fn has_state(&self) -> bool {
        let memory = &self.host.layer.quirks.memory;
        let Some(state) = memory.get(&format!("state {}", self.head.uri.path())) else {
            return true;
        };
        let query = self.head.uri.query().unwrap_or_default();
        query == state
            || query
                .strip_prefix(&state)
                .is_some_and(|rest| rest.starts_with('&'))
    }

    /// Returns the length of the upload after its last response.
    pub(super) fn known_len(&self) -> Option<u64> {
        let memory = &self.host.layer.quirks.memory;
        memory.get(&format!("len {}", self.head.uri.path()))?.parse().ok()
    }

    fn alter_range(&self, path: &str, answer: &mut Response<Body>) {
        let memory = &self.host.layer.quirks.memory;
        let Some(range) = text(answer, RANGE).map(str::to_owned) else {
            return;
        };
        let end: u64 = range
            .rsplit('-')
            .next()
            .and_then(|end| end.parse().ok())
            .unwrap_or_default();
        let is_chunk = *self.method() == Method::PATCH && answer.status() == StatusCode::ACCEPTED;
        let before = self.known_len().unwrap_or_default();
        if is_chunk {
            memory.set(format!("len {path}"), (end + 1).to_string());
            if memory.count(&format!("chunks {path}")) == 1 {
                memory.set(format!("first {path}"), range.clone());
            }
        }
        if self.has(Quirk::RangeStuck)
            && let Some(first) = memory.get(&format!("first {path}"))
        {
            set(answer, RANGE, &first);
        }
        if self.has(Quirk::RangeLastChunk) && is_chunk {
            set(answer, RANGE, &format!("{before}-{end}"));
        }
        if self.has(Quirk::RangeWithUnit) {
            set(answer, RANGE, &format!("bytes={range}"));
        }
    }
}

fn text(answer: &Response<Body>, name: HeaderName) -> Option<&str> {
    answer.headers().get(name)?.to_str().ok()
}

pub(super) fn set(answer: &mut Response<Body>, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        answer.headers_mut().insert(name, value);
    }
}
