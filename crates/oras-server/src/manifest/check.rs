//! The checks on a manifest before it is stored.

use hyper::header::CONTENT_TYPE;
use oras_content::{Algorithm, Descriptor, Digest, Manifest, ManifestKind, MediaType, Name, Store, Verified};
use serde::Deserialize;
use serde_json::json;

use crate::call::Call;
use crate::error::{Code, Failure, Result};
use crate::options::ServerOptions;
use crate::upload::verifiable;

/// The members that determine the kind of a document.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Versioned {
    schema_version: Option<u64>,
    media_type: Option<String>,
}

/// Parses a pushed document as the kind it claims to be, under the digest given by the client.
pub(super) fn read(call: &Call, name: &Name, bytes: bytes::Bytes) -> Result<Manifest> {
    // serde also reads a struct from a JSON list, so the first byte is checked.
    if bytes.trim_ascii_start().first() != Some(&b'{') {
        return Err(invalid("a manifest is a JSON object"));
    }
    let versioned: Versioned =
        serde_json::from_slice(&bytes).map_err(|error| invalid(format!("not a manifest: {error}")))?;
    let media_type = media_type(call, &versioned)?;
    let digest = digest(call, name, &bytes)?;
    let descriptor = Descriptor::new(media_type, digest, bytes.len() as u64);
    let verified = Verified::new(descriptor, bytes)
        .map_err(|error| Failure::new(Code::DigestInvalid, error.to_string()))?;
    let manifest =
        Manifest::parse(verified).map_err(|error| Failure::of_store(error, Code::ManifestInvalid))?;
    if manifest.kind() != ManifestKind::OciArtifact && versioned.schema_version != Some(2) {
        return Err(invalid("the schemaVersion of a manifest is 2"));
    }
    Ok(manifest)
}

/// Returns the type in `Content-Type`, which the document must not contradict, or else the type in the document.
fn media_type(call: &Call, versioned: &Versioned) -> Result<MediaType> {
    let header = call.header(CONTENT_TYPE);
    let essence = header.map(|value| value.split(';').next().unwrap_or_default().trim());
    let text = essence
        .or(versioned.media_type.as_deref())
        .ok_or_else(|| invalid("Content-Type is missing"))?;
    let named: MediaType = text
        .parse()
        .map_err(|_| invalid("Content-Type is not a media type"))?;
    let kind = named
        .manifest_kind()
        .ok_or_else(|| invalid(format!("{named} is not the media type of a manifest")))?;
    Ok(kind.media_type())
}

/// Returns the digest that the client names, or else the sha256 digest of `bytes`.
fn digest(call: &Call, name: &Name, bytes: &[u8]) -> Result<Digest> {
    match (name, call.query.get("digest")) {
        (Name::Digest(digest), _) => verifiable(digest.as_str()),
        (Name::Tag(_), Some(digest)) => verifiable(digest),
        (Name::Tag(_), None) => Ok(Algorithm::Sha256.digest(bytes)),
    }
}

/// Checks that the repository has the manifest's children, as far as the options require it.
///
/// A subject may always be missing, and so may non-distributable layers.
///
/// Spec: distribution-spec v1.1, "Pushing Manifests".
pub(super) async fn children(options: &ServerOptions, store: &dyn Store, manifest: &Manifest) -> Result<()> {
    let may_miss = match manifest.kind().is_index() {
        true => options.sparse_indexes,
        false => options.sparse_images,
    };
    if may_miss {
        return Ok(());
    }
    let children = manifest
        .config()
        .into_iter()
        .chain(manifest.layers())
        .chain(manifest.manifests());
    let children: Vec<&Descriptor> = children
        .filter(|child| !child.media_type.is_non_distributable())
        .collect();
    let mut failure = None;
    for child in children {
        let exists = store.exists(child).await;
        if !exists.map_err(|error| Failure::of_store(error, Code::ManifestBlobUnknown))? {
            let known = failure
                .unwrap_or_else(|| Failure::new(Code::ManifestBlobUnknown, "the repository lacks content"));
            failure = Some(known.with_detail(json!({ "digest": child.digest })));
        }
    }
    failure.map_or(Ok(()), Err)
}

fn invalid(message: impl Into<String>) -> Failure {
    Failure::new(Code::ManifestInvalid, message)
}
