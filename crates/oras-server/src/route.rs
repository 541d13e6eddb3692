//! Routes: the calls of the protocol, and their targets.

use oras_content::{Digest, InvalidReference, Name, Tag, check_repository_name};

use crate::error::{Code, Failure, Result};

/// Maximum length of a repository name, as in other registries.
const MAX_NAME: usize = 255;

/// A call of the protocol, without its names.
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
    /// `/token`, the token endpoint
    Token,
    /// Any other path.
    Unknown,
}

/// Returns the failure for an unknown path.
pub(crate) fn nothing_here() -> Failure {
    Failure::new(Code::Unsupported, "there is nothing at this path").with_status(hyper::StatusCode::NOT_FOUND)
}

/// The checked target of a request.
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

/// Checks the name of a repository.
pub(crate) fn repository_name(name: &str) -> Result<String> {
    if name.len() > MAX_NAME {
        let message = format!("a repository name has at most {MAX_NAME} characters");
        return Err(Failure::new(Code::NameInvalid, message));
    }
    check_repository_name(name).map_err(|error| Failure::new(Code::NameInvalid, error.to_string()))?;
    Ok(name.to_owned())
}

/// Checks the last part of a path.
pub(crate) fn target(route: Route, last: &str) -> Result<Target> {
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

/// Checks an upload session id: 32 hexadecimal digits.
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
