//! Routes: which call of the protocol a path is, with its names checked.

use hyper::Uri;
use oras_content::{Digest, InvalidReference, Name, Tag, check_repository_name};
use percent_encoding::percent_decode_str;

use crate::error::{Code, Failure, Result};

/// The longest repository name, as the registries that clients know take it.
const MAX_NAME: usize = 255;

/// Which call of the protocol a request is, without its names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Route {
    /// `/v2/`
    Base,
    /// `/v2/_catalog`
    Catalog,
    /// `/v2/NAME/blobs/DIGEST`
    Blob,
    /// `/v2/NAME/blobs/uploads/`
    Uploads,
    /// `/v2/NAME/blobs/uploads/ID`
    Upload,
    /// `/v2/NAME/manifests/REFERENCE`
    Manifest,
    /// `/v2/NAME/tags/list`
    Tags,
    /// `/v2/NAME/referrers/DIGEST`
    Referrers,
    /// `/token`, where tokens are given out
    Token,
    /// Any other path.
    Unknown,
}

/// The failure of a path that leads nowhere.
pub(crate) fn nothing_here() -> Failure {
    Failure::new(Code::Unsupported, "there is nothing at this path").with_status(hyper::StatusCode::NOT_FOUND)
}

/// What a request is about, checked.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Base,
    Catalog,
    Token,
    Blob(Digest),
    Uploads,
    Upload(String),
    Manifest(Name),
    Tags,
    Referrers(Digest),
}

/// A path, taken apart.
#[derive(Debug)]
pub(crate) struct Path {
    pub(crate) route: Route,
    /// The repository, where the path names one that follows the grammar.
    pub(crate) repository: Option<String>,
    /// What the path is about, or why it is nothing.
    pub(crate) target: Result<Target>,
}

impl Path {
    pub(crate) fn of(uri: &Uri) -> Self {
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

    /// Reads the path from its end: the name may have any number of components, and any of them may be a keyword.
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

/// A part of a path, decoded. One that would be several parts, or is not text, is none.
fn decode(part: &str) -> Option<String> {
    let text = percent_decode_str(part).decode_utf8().ok()?;
    (!text.contains('/')).then(|| text.into_owned())
}

/// Checks the name of a repository.
pub(crate) fn repository_name(name: &str) -> Result<String> {
    if name.len() > MAX_NAME {
        let message = format!("a repository name has at most {MAX_NAME} characters");
        return Err(Failure::new(Code::NameInvalid, message));
    }
    check_repository_name(name).map_err(|error| Failure::new(Code::NameInvalid, error.to_string()))?;
    Ok(name.to_owned())
}

fn target(route: Route, last: &str) -> Result<Target> {
    Ok(match route {
        Route::Blob => Target::Blob(last.parse()?),
        Route::Referrers => Target::Referrers(last.parse()?),
        Route::Manifest => Target::Manifest(name(last)?),
        Route::Upload => Target::Upload(session_id(last)?),
        Route::Uploads => Target::Uploads,
        Route::Tags => Target::Tags,
        Route::Base | Route::Catalog | Route::Token | Route::Unknown => {
            unreachable!("these routes have no repository")
        }
    })
}

fn name(reference: &str) -> Result<Name> {
    if reference.contains(':') {
        return Ok(Name::Digest(reference.parse()?));
    }
    tag(reference).map(Name::Tag)
}

/// Checks a tag.
pub(crate) fn tag(text: &str) -> Result<Tag> {
    let invalid = |error: InvalidReference| Failure::new(Code::TagInvalid, error.to_string());
    let tag: Tag = text.parse().map_err(invalid)?;
    tag.check().map_err(invalid)?;
    Ok(tag)
}

/// Checks that this can be the id of an upload session: 32 hexadecimal digits.
fn session_id(id: &str) -> Result<String> {
    let valid = id.len() == 32 && id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    match valid {
        true => Ok(id.to_owned()),
        false => Err(Failure::new(
            Code::BlobUploadUnknown,
            "there is no such upload session",
        )),
    }
}

#[cfg(test)]
mod tests {
    use hyper::Uri;
    use oras_content::Digest;
    use proptest::prelude::*;

    use super::{Name, Path, Route, Target};

    fn path(text: &str) -> Path {
        Path::of(&Uri::builder().path_and_query(text).build().unwrap())
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
            let repository = text.parse::<Uri>().ok().and_then(|uri| Path::of(&uri).repository);
            if let Some(name) = repository {
                prop_assert!(oras_content::check_repository_name(&name).is_ok());
            }
        }
    }
}
