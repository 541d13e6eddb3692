//! Parses the path of a request, and checks its names.

use hyper::Uri;
use oras_content::{Digest, Name};
use percent_encoding::percent_decode_str;

use crate::error::Result;
use crate::route::{Route, Target, nothing_here, repository_name, target};

/// The parsed path of a request, with checked names.
///
/// ```
/// use oras_server::{RequestPath, Route};
///
/// let path = RequestPath::of(&"/v2/my/app/manifests/v1".parse()?);
/// assert_eq!((path.route(), path.repository(), path.tag()), (Route::Manifest, Some("my/app"), Some("v1")));
/// # Ok::<(), hyper::http::uri::InvalidUri>(())
/// ```
#[derive(Debug)]
pub struct RequestPath {
    pub(crate) route: Route,
    /// The repository, if the path has a valid name.
    pub(crate) repository: Option<String>,
    /// What the path addresses, or the failure to answer with.
    pub(crate) target: Result<Target>,
}

impl RequestPath {
    /// Returns the call of the protocol.
    pub fn route(&self) -> Route {
        self.route
    }

    /// Returns the repository, if the path has a valid name.
    pub fn repository(&self) -> Option<&str> {
        self.repository.as_deref()
    }

    /// Returns the digest of the blob, manifest or subject, if the path has a valid one.
    pub fn digest(&self) -> Option<&Digest> {
        match &self.target {
            Ok(Target::Blob(digest) | Target::Referrers(digest)) => Some(digest),
            Ok(Target::Manifest(Name::Digest(digest))) => Some(digest),
            _ => None,
        }
    }

    /// Returns the tag, if the path has a valid one.
    pub fn tag(&self) -> Option<&str> {
        match &self.target {
            Ok(Target::Manifest(Name::Tag(tag))) => Some(tag.as_str()),
            _ => None,
        }
    }

    /// Returns the id of the upload, if the path has one.
    pub fn upload(&self) -> Option<&str> {
        match &self.target {
            Ok(Target::Upload(id)) => Some(id),
            _ => None,
        }
    }

    /// Parses the path of an address.
    pub fn of(uri: &Uri) -> Self {
        let path = uri.path();
        match path {
            "/v2" | "/v2/" => Self::fixed(Route::Base, Target::Base),
            "/v2/_catalog" => Self::fixed(Route::Catalog, Target::Catalog),
            "/token" => Self::fixed(Route::Token, Target::Token),
            _ => path
                .strip_prefix("/v2/")
                .and_then(Self::of_repository)
                .unwrap_or_else(Self::unknown),
        }
    }

    fn fixed(route: Route, target: Target) -> Self {
        Self {
            route,
            repository: None,
            target: Ok(target),
        }
    }

    fn unknown() -> Self {
        Self {
            route: Route::Unknown,
            repository: None,
            target: Err(nothing_here()),
        }
    }

    /// Parses the path from its end: the name may have any number of components, and any of them may be a keyword.
    fn of_repository(path: &str) -> Option<Self> {
        let parts: Vec<String> = path.split('/').map(decode).collect::<Option<_>>()?;
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let (route, name, last) = match parts.as_slice() {
            [name @ .., "blobs", "uploads"] => (Route::Uploads, name, ""),
            [name @ .., "blobs", "uploads", ""] => (Route::Uploads, name, ""),
            [name @ .., "blobs", "uploads", id] => (Route::Upload, name, *id),
            [name @ .., "tags", "list"] => (Route::Tags, name, ""),
            [name @ .., "blobs", digest] => (Route::Blob, name, *digest),
            [name @ .., "manifests", reference] => (Route::Manifest, name, *reference),
            [name @ .., "referrers", digest] => (Route::Referrers, name, *digest),
            _ => return None,
        };
        let name = repository_name(&name.join("/"));
        Some(Self {
            route,
            repository: name.as_ref().ok().cloned(),
            target: name.and_then(|_| target(route, last)),
        })
    }
}

/// Decodes a part of a path. Returns `None` if it contains a separator or is not text.
fn decode(part: &str) -> Option<String> {
    let text = percent_decode_str(part).decode_utf8().ok()?;
    (!text.contains('/')).then(|| text.into_owned())
}

#[cfg(test)]
mod tests {
    use hyper::Uri;
    use oras_content::Digest;
    use proptest::prelude::*;

    use super::RequestPath;
    use oras_content::Name;

    use crate::route::{Route, Target};

    fn path(text: &str) -> RequestPath {
        RequestPath::of(&Uri::builder().path_and_query(text).build().unwrap())
    }

    #[test]
    fn keywords_may_be_part_of_a_name() {
        let found = path("/v2/a/blobs/uploads/tags/list");
        assert_eq!(
            (found.route, found.repository.as_deref()),
            (Route::Tags, Some("a/blobs/uploads"))
        );
        let found = path("/v2/manifests/manifests/manifests");
        assert_eq!(
            (found.route, found.repository.as_deref()),
            (Route::Manifest, Some("manifests"))
        );
        assert_eq!(
            found.target.unwrap(),
            Target::Manifest(Name::Tag("manifests".parse().unwrap()))
        );
    }

    #[test]
    fn names_that_are_not_names_reach_nothing() {
        for wrong in [
            "/v2/A/tags/list",
            "/v2/a/../b/tags/list",
            "/v2//tags/list",
            "/v2/tags/list",
            "/v2/a%2Fb/tags/list",
            "/v2/a%2e%2e/tags/list",
            "/v2/a/manifests/-x",
            "/v2/a/manifests/a%20b",
            "/v2/a/manifests/sha256:baddigest",
            "/v2/a/blobs/sha256:..%2F..%2Fx",
            "/v2/a/blobs/uploads/../../x",
            "/v2/a/blobs/uploads/0123",
            "/v2/a/",
            "/v2/a",
            "/",
            "/v3/a/tags/list",
        ] {
            assert!(path(wrong).target.is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_colon_may_be_encoded() {
        let digest = Digest::sha256(b"x");
        let text = format!("/v2/a/b/blobs/{}", digest.as_str().replace(':', "%3A"));
        assert_eq!(path(&text).target.unwrap(), Target::Blob(digest));
    }

    fn component() -> impl Strategy<Value = String> {
        prop_oneof![
            "[a-z0-9]{1,5}([._-][a-z0-9]{1,5}){0,2}",
            Just("blobs".to_owned()),
            Just("uploads".to_owned()),
            Just("manifests".to_owned()),
            Just("tags".to_owned()),
            Just("list".to_owned()),
            Just("referrers".to_owned()),
        ]
    }

    proptest! {
        #[test]
        fn every_valid_name_comes_back_from_every_route(parts in prop::collection::vec(component(), 1..5)) {
            let name = parts.join("/");
            let digest = Digest::sha256(b"x");
            let routes = [
                (format!("/v2/{name}/blobs/{digest}"), Route::Blob),
                (format!("/v2/{name}/manifests/{digest}"), Route::Manifest),
                (format!("/v2/{name}/referrers/{digest}"), Route::Referrers),
                (format!("/v2/{name}/blobs/uploads/"), Route::Uploads),
                (format!("/v2/{name}/blobs/uploads/{}", "0f".repeat(16)), Route::Upload),
                (format!("/v2/{name}/tags/list"), Route::Tags),
            ];
            for (text, route) in routes {
                let found = path(&text);
                prop_assert_eq!(found.route, route);
                prop_assert_eq!(found.repository.as_deref(), Some(name.as_str()));
                prop_assert!(found.target.is_ok());
            }
        }

        #[test]
        fn no_path_panics_or_names_anything_unchecked(text in "/v2/[a-zA-Z0-9/._:%-]{0,60}") {
            let repository = text.parse::<Uri>().ok().and_then(|uri| RequestPath::of(&uri).repository);
            if let Some(name) = repository {
                prop_assert!(oras_content::check_repository_name(&name).is_ok());
            }
        }
    }
}
