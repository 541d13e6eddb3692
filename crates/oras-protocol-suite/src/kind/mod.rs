//! Kinds of content: graphs of blobs and manifests that a registry must accept, keep and serve.

mod artifact;
mod image;
mod index;

use serde_json::Value;

use super::content::{Blob, Document};

const ARTIFACT: &str = "application/vnd.example.artifact.v1+json";

/// A graph, in the order in which it is pushed. The last manifest is its root.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    pub(crate) blobs: Vec<Blob>,
    pub(crate) manifests: Vec<Document>,
    /// The root's entry among the referrers of its subject, if it has one.
    pub(crate) referrer: Option<Referrer>,
    /// Whether parts of it are missing on purpose.
    pub(crate) is_sparse: bool,
}

/// The referrer entry of a root.
#[derive(Debug)]
pub(crate) struct Referrer {
    pub(crate) subject: Document,
    pub(crate) artifact_type: &'static str,
    pub(crate) annotations: Value,
}

impl Graph {
    pub(crate) fn root(&self) -> &Document {
        self.manifests.last().expect("every kind has a manifest")
    }

    fn with_blobs(blobs: &[&Blob]) -> Self {
        Self {
            blobs: blobs.iter().map(|blob| (*blob).clone()).collect(),
            ..Self::default()
        }
    }

    fn root_is(mut self, value: &Value) -> Self {
        self.manifests.push(Document::of(value));
        self
    }

    fn root_is_document(mut self, document: Document) -> Self {
        self.manifests.push(document);
        self
    }

    /// Adds everything of another graph before this one.
    fn after(mut self, other: &Self) -> Self {
        self.blobs
            .retain(|blob| other.blobs.iter().all(|known| known.digest != blob.digest));
        self.blobs.splice(0..0, other.blobs.iter().cloned());
        self.manifests.splice(0..0, other.manifests.iter().cloned());
        self
    }

    fn sparse(mut self) -> Self {
        self.is_sparse = true;
        self
    }
}

/// A kind: its name in the ids of cases, and its constructor.
pub(crate) type Kind = (&'static str, fn() -> Graph);

/// All kinds.
pub(crate) const KINDS: [Kind; 29] = [
    ("image", image::plain),
    ("image-uncompressed", image::uncompressed),
    ("image-unknown-layer", image::unknown_layer),
    ("image-repeated-layer", image::repeated_layer),
    ("image-without-media-type", image::without_media_type),
    ("large-manifest", image::large),
    ("odd-json", image::odd_json),
    ("no-layers", image::no_layers),
    ("empty-blob", image::empty_blob),
    ("data-field", image::data_field),
    ("custom-fields", image::custom_fields),
    ("non-distributable", image::non_distributable),
    ("sparse-image", image::sparse_image),
    ("index", index::plain_index),
    ("index-empty", index::empty_index),
    ("index-nested", index::nested_index),
    ("index-sparse", index::sparse_index),
    ("index-with-subject", artifact::index_with_subject),
    ("artifact", artifact::artifact),
    ("artifact-empty", artifact::empty_artifact),
    ("artifact-by-config", artifact::artifact_by_config),
    ("artifact-index", artifact::artifact_index),
    ("subject", artifact::subject),
    ("subject-by-config", artifact::subject_by_config),
    ("subject-missing", artifact::missing_subject),
    ("docker-image", image::docker_image),
    ("docker-list", index::docker_list),
    ("sha512", image::sha512),
    ("sha384", image::sha384),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_json_with_its_children_before_it() {
        for (name, make) in KINDS {
            let graph = make();
            for manifest in &graph.manifests {
                let value: Value = serde_json::from_slice(&manifest.bytes).expect(name);
                assert_eq!(value["schemaVersion"], 2, "{name}");
            }
            let mut known: Vec<String> = graph.blobs.iter().map(|blob| blob.digest.to_string()).collect();
            known.extend(graph.manifests.iter().map(|manifest| manifest.digest.to_string()));
            let root: Value = serde_json::from_slice(&graph.root().bytes).expect(name);
            let listed = root["layers"]
                .as_array()
                .or(root["manifests"].as_array())
                .expect(name);
            let absent = listed
                .iter()
                .filter(|child| !known.contains(&child["digest"].as_str().unwrap().to_owned()));
            let may_be_absent = graph.is_sparse || name == "non-distributable";
            assert_eq!(absent.count(), usize::from(may_be_absent), "{name}");
        }
    }
}
