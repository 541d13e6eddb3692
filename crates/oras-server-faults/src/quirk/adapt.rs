//! Maps addresses that quirks invented to the real ones.

use hyper::{Method, Uri};
use oras_content::Digest;
use oras_server::Query;

use super::{Quirk, Quirks};

/// Suffixes of the path of an upload.
const SUFFIXES: [(Quirk, &str); 2] = [
    (Quirk::LocationPatchSuffix, ".patch"),
    (Quirk::LocationTrailingSlash, "/"),
];

impl Quirks {
    /// Returns the real address for one that a quirk invented; `None` if it is real.
    pub(crate) fn meaning(&self, method: &Method, uri: &Uri) -> Option<Uri> {
        if self.is_empty() {
            return None;
        }
        let path = self.path(method, uri.path());
        let query = self.query(method, uri);
        if path == uri.path() && query.as_deref() == uri.query() {
            return None;
        }
        let text = match query.filter(|query| !query.is_empty()) {
            Some(query) => format!("{path}?{query}"),
            None => path,
        };
        text.parse().ok()
    }

    fn path(&self, method: &Method, path: &str) -> String {
        if self.has(Quirk::Oauth2TokenPath) && path == "/oauth2/token" {
            return "/token".to_owned();
        }
        let is_read = matches!(*method, Method::GET | Method::HEAD);
        if self.has(Quirk::ReferrersTagResolves)
            && is_read
            && let Some((rest, encoded)) = path.rsplit_once("/manifests/sha256-")
            && format!("sha256:{encoded}").parse::<Digest>().is_ok()
        {
            return format!("{rest}/manifests/sha256:{encoded}");
        }
        if path.contains("/blobs/uploads/") && !path.ends_with("/blobs/uploads/") {
            for (quirk, suffix) in SUFFIXES {
                if let Some(plain) = path.strip_suffix(suffix).filter(|_| self.has(quirk)) {
                    return plain.to_owned();
                }
            }
        }
        path.to_owned()
    }

    fn query(&self, method: &Method, uri: &Uri) -> Option<String> {
        let query = uri.query()?;
        let is_upload = uri.path().contains("/blobs/uploads");
        let is_list = uri.path().ends_with("/tags/list") || uri.path() == "/v2/_catalog";
        let parts = query.split('&').filter_map(|part| {
            let name = part.split('=').next().unwrap_or_default();
            match name {
                "digest" if is_upload && method == Method::POST && self.has(Quirk::NoSinglePut) => None,
                "n" | "last" if is_list && self.has(Quirk::NoPaging) => None,
                "next_page" if is_list && self.has(Quirk::OpaqueCursor) => self.memory.get(part),
                "scope" if uri.path().ends_with("/token") => Some(self.scope(uri, part)),
                _ => Some(part.to_owned()),
            }
        });
        Some(parts.collect::<Vec<_>>().join("&"))
    }

    /// Returns the real scope for an invented one.
    fn scope(&self, uri: &Uri, part: &str) -> String {
        let asked = format!("/?{part}").parse().ok().map(|uri: Uri| Query::of(&uri));
        let asked = asked.as_ref().and_then(|query| query.get("scope"));
        let service = Query::of(uri).get("service").unwrap_or_default().to_owned();
        let meant = asked.and_then(|scope| self.memory.get(&format!("scope {service} {scope}")));
        meant.map_or_else(|| part.to_owned(), |scope| format!("scope={scope}"))
    }
}
