//! Content that a registry with quirks refuses to accept or delete.

use bytes::Bytes;
use futures_util::TryStreamExt;
use hyper::Response;
use oras_content::{Descriptor, Digest, Store, StoreExt, TagListOptions};
use oras_server::{Body, RequestPath};
use serde_json::Value;

use super::Quirk;
use super::refuse::refused;
use super::turn::Turn;
use crate::layer::Visit;

const EMPTY_CONFIG: &str = "application/vnd.oci.empty.v1+json";
const IMAGE_CONFIGS: [&str; 2] = [
    "application/vnd.oci.image.config.v1+json",
    "application/vnd.docker.container.image.v1+json",
];

impl Turn<'_> {
    /// Refuses a manifest because of its content.
    pub(super) async fn refuse_content(&self, visit: &mut Visit) -> Option<Response<Body>> {
        let limit = self.host.next.manifest_limit();
        let bytes = match visit.asked.body.read(limit).await {
            Ok(bytes) => bytes,
            Err(failure) => return Some(failure.into_answer()),
        };
        let answer = self.refuse_document(&bytes);
        let answer = match answer {
            None if self.has(Quirk::DeepCheck) => self.refuse_shallow(&visit.path, &bytes).await,
            answer => answer,
        };
        visit.asked.body.replay(bytes);
        answer
    }

    fn refuse_document(&self, bytes: &Bytes) -> Option<Response<Body>> {
        let document: Value = serde_json::from_slice(bytes).ok()?;
        let config = document["config"]["mediaType"].as_str();
        let is_image = config.is_some();
        let lacks_layers = document["layers"].as_array().is_none_or(Vec::is_empty);
        let is_artifact = document.get("artifactType").is_some()
            || config.is_some_and(|config| !IMAGE_CONFIGS.contains(&config));
        let refusals = [
            (
                Quirk::LayersRequired,
                is_image && lacks_layers,
                (400, "MANIFEST_INVALID"),
            ),
            (
                Quirk::NoEmptyConfig,
                config == Some(EMPTY_CONFIG),
                (400, "MANIFEST_INVALID"),
            ),
            (Quirk::NoArtifacts, is_artifact, (400, "MANIFEST_INVALID")),
            (
                Quirk::MediaTypeRequired,
                document.get("mediaType").is_none(),
                (405, "UNSUPPORTED"),
            ),
        ];
        let refusal = refusals
            .into_iter()
            .find(|(quirk, fits, _)| *fits && self.has(*quirk));
        refusal.map(|(_, _, (status, code))| refused(status, code))
    }

    /// Refuses an index whose manifests lack children.
    async fn refuse_shallow(&self, path: &RequestPath, bytes: &Bytes) -> Option<Response<Body>> {
        let document: Value = serde_json::from_slice(bytes).ok()?;
        let manifests: Vec<Descriptor> = serde_json::from_value(document["manifests"].clone()).ok()?;
        let store = self.host.find(path.repository()?).await.ok()??;
        for manifest in &manifests {
            if !is_whole(&*store, manifest).await {
                return Some(refused(404, "MANIFEST_BLOB_UNKNOWN"));
            }
        }
        None
    }

    /// Refuses to delete a manifest or a tag.
    pub(super) async fn refuse_delete(&self, path: &RequestPath) -> Option<Response<Body>> {
        if path.tag().is_some() {
            return self.answer_of(&[(Quirk::TagDeleteInvalid, (400, "DIGEST_INVALID"))]);
        }
        let digest = path.digest()?;
        if self.has(Quirk::DeleteNeedsUntag) && self.has_tag(path, digest).await {
            return Some(refused(400, "MANIFEST_INVALID"));
        }
        self.answer_of(&[
            (Quirk::ManifestDeleteNotAllowed, (405, "UNSUPPORTED")),
            (Quirk::ManifestDeleteMissing, (404, "MANIFEST_UNKNOWN")),
        ])
    }

    async fn has_tag(&self, path: &RequestPath, digest: &Digest) -> bool {
        let name = path.repository().unwrap_or_default();
        let Ok(Some(store)) = self.host.find(name).await else {
            return false;
        };
        let Some(lister) = store.tag_lister() else {
            return false;
        };
        let tags = lister.tags(TagListOptions::default());
        let tags: Vec<String> = tags.try_collect().await.unwrap_or_default();
        for tag in tags {
            if store
                .resolve(&tag)
                .await
                .is_ok_and(|found| found.digest == *digest)
            {
                return true;
            }
        }
        false
    }
}

/// Whether a manifest exists with all its children.
async fn is_whole(store: &dyn Store, manifest: &Descriptor) -> bool {
    let Ok(manifest) = store.fetch_manifest(manifest, manifest.size).await else {
        return false;
    };
    for child in manifest.config().into_iter().chain(manifest.layers()) {
        if !store.exists(child).await.unwrap_or_default() {
            return false;
        }
    }
    true
}
