//! Kinds of content: graphs of blobs and manifests that a registry has to take, keep and give back.

use oras_content::Algorithm;
use serde_json::{Value, json};

use super::content::{
    Blob, DOCKER_CONFIG, DOCKER_LAYER, DOCKER_LIST, DOCKER_MANIFEST, Document, OCI_LAYER, OCI_MANIFEST,
    image, index, padded,
};

const ARTIFACT: &str = "application/vnd.example.artifact.v1+json";

/// A graph, in the order in which it is pushed. The last manifest is its root.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    pub(crate) blobs: Vec<Blob>,
    pub(crate) manifests: Vec<Document>,
    /// What the root is listed with among the referrers of its subject, where it has one.
    pub(crate) referrer: Option<Referrer>,
    /// Whether parts of it are missing on purpose.
    pub(crate) is_sparse: bool,
}

/// How a root refers to its subject.
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

    /// Everything of another graph, before what there is.
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

/// A kind: its name in the ids of cases, and how one is made.
pub(crate) type Kind = (&'static str, fn() -> Graph);

/// All kinds.
pub(crate) const KINDS: [Kind; 29] = [
    ("image", plain),
    ("image-uncompressed", uncompressed),
    ("image-unknown-layer", unknown_layer),
    ("image-repeated-layer", repeated_layer),
    ("image-without-media-type", without_media_type),
    ("large-manifest", large),
    ("odd-json", odd_json),
    ("no-layers", no_layers),
    ("empty-blob", empty_blob),
    ("data-field", data_field),
    ("custom-fields", custom_fields),
    ("non-distributable", non_distributable),
    ("sparse-image", sparse_image),
    ("index", plain_index),
    ("index-empty", empty_index),
    ("index-nested", nested_index),
    ("index-sparse", sparse_index),
    ("index-with-subject", index_with_subject),
    ("artifact", artifact),
    ("artifact-empty", empty_artifact),
    ("artifact-by-config", artifact_by_config),
    ("artifact-index", artifact_index),
    ("subject", subject),
    ("subject-by-config", subject_by_config),
    ("subject-missing", missing_subject),
    ("docker-image", docker_image),
    ("docker-list", docker_list),
    ("sha512", sha512),
    ("sha384", sha384),
];

fn plain() -> Graph {
    let (config, layer, other) = (Blob::config(), Blob::layer(), Blob::layer());
    Graph::with_blobs(&[&config, &layer, &other]).root_is(&image(&config, &[&layer, &other]))
}

fn uncompressed() -> Graph {
    let config = Blob::config();
    let layer = Blob::layer().with_type("application/vnd.oci.image.layer.v1.tar");
    Graph::with_blobs(&[&config, &layer]).root_is(&image(&config, &[&layer]))
}

fn unknown_layer() -> Graph {
    let config = Blob::config();
    let layer = Blob::layer().with_type("application/vnd.example.unheard-of.v7+zstd");
    Graph::with_blobs(&[&config, &layer]).root_is(&image(&config, &[&layer]))
}

fn repeated_layer() -> Graph {
    let (config, layer) = (Blob::config(), Blob::layer());
    Graph::with_blobs(&[&config, &layer]).root_is(&image(&config, &[&layer, &layer]))
}

/// Image-spec lets images leave out their own media type.
fn without_media_type() -> Graph {
    let (config, layer) = (Blob::config(), Blob::layer());
    let mut value = image(&config, &[&layer]);
    value
        .as_object_mut()
        .expect("an image is an object")
        .remove("mediaType");
    Graph::with_blobs(&[&config, &layer]).root_is(&value)
}

/// Near the 4 megabytes that registries should take.
fn large() -> Graph {
    let (config, layer) = (Blob::config(), Blob::layer());
    let root = padded(&config, &[&layer], 3_900_000);
    Graph::with_blobs(&[&config, &layer]).root_is_document(root)
}

/// White space, repeated escapes and large numbers: bytes that do not survive being read and written again.
fn odd_json() -> Graph {
    let (config, layer) = (Blob::config(), Blob::layer());
    let text = image(&config, &[&layer]).to_string();
    let inner = text.trim_start_matches('{');
    let text = format!(
        " {{\n\t\"annotations\" : {{ \"a\\u002Fb\":\"\\u00e9\" }},\r\n  \"big\": 1.50e+3,{inner}\n\n"
    );
    Graph::with_blobs(&[&config, &layer]).root_is_document(Document::new(OCI_MANIFEST, text))
}

fn no_layers() -> Graph {
    let config = Blob::config();
    Graph::with_blobs(&[&config]).root_is(&image(&config, &[]))
}

fn empty_blob() -> Graph {
    let (config, layer) = (Blob::config(), Blob::new(OCI_LAYER, ""));
    Graph::with_blobs(&[&config, &layer]).root_is(&image(&config, &[&layer]))
}

/// Descriptors that have the content itself in them.
fn data_field() -> Graph {
    let (config, layer) = (Blob::empty_json(), Blob::layer());
    let mut value = image(&config, &[&layer]);
    value["artifactType"] = json!(ARTIFACT);
    value["config"]["data"] = json!("e30=");
    value["annotations"] = json!({ "org.example.nonce": format!("{:016x}", fastrand::u64(..)) });
    Graph::with_blobs(&[&config, &layer]).root_is(&value)
}

fn custom_fields() -> Graph {
    let (config, layer) = (Blob::config(), Blob::layer());
    let mut value = image(&config, &[&layer]);
    value["org.example.custom"] = json!({ "deep": [1, null, { "er": true }] });
    value["layers"][0]["org.example.custom"] = json!("beside the size");
    Graph::with_blobs(&[&config, &layer]).root_is(&value)
}

/// Layers that are elsewhere by their nature.
fn non_distributable() -> Graph {
    let (config, layer) = (Blob::config(), Blob::layer());
    let absent = Blob::layer().with_type("application/vnd.oci.image.layer.nondistributable.v1.tar+gzip");
    let mut value = image(&config, &[&layer, &absent]);
    value["layers"][1]["urls"] = json!(["https://store.example/layer"]);
    Graph::with_blobs(&[&config, &layer]).root_is(&value)
}

/// A layer that nobody pushed.
fn sparse_image() -> Graph {
    let (config, layer, absent) = (Blob::config(), Blob::layer(), Blob::layer());
    Graph::with_blobs(&[&config, &layer])
        .root_is(&image(&config, &[&layer, &absent]))
        .sparse()
}

fn plain_index() -> Graph {
    let (one, two) = (plain(), plain());
    let mut value = index(&[one.root(), two.root()]);
    value["manifests"][0]["platform"] = json!({ "os": "linux", "architecture": "amd64" });
    value["manifests"][1]["platform"] = json!({ "os": "linux", "architecture": "arm64", "variant": "v8" });
    Graph::default().root_is(&value).after(&two).after(&one)
}

fn empty_index() -> Graph {
    let mut value = index(&[]);
    value["annotations"] = json!({ "org.example.nonce": format!("{:016x}", fastrand::u64(..)) });
    Graph::default().root_is(&value)
}

fn nested_index() -> Graph {
    let (one, two) = (plain_index(), plain_index());
    let value = index(&[one.root(), two.root()]);
    Graph::default().root_is(&value).after(&two).after(&one)
}

/// A platform that nobody pushed.
fn sparse_index() -> Graph {
    let (there, absent) = (plain(), plain());
    Graph::default()
        .root_is(&index(&[there.root(), absent.root()]))
        .after(&there)
        .sparse()
}

fn index_with_subject() -> Graph {
    let (subject, listed) = (plain(), plain());
    let mut value = index(&[listed.root()]);
    let annotations = json!({ "org.example.kind": "an index" });
    value["artifactType"] = json!(ARTIFACT);
    value["annotations"] = annotations.clone();
    value["subject"] = subject.root().descriptor();
    let mut graph = Graph::default().root_is(&value).after(&listed).after(&subject);
    graph.referrer = Some(Referrer {
        subject: subject.root().clone(),
        artifact_type: ARTIFACT,
        annotations,
    });
    graph
}

fn artifact() -> Graph {
    let (config, layer) = (Blob::empty_json(), Blob::layer().with_type("text/plain"));
    let mut value = image(&config, &[&layer]);
    value["artifactType"] = json!(ARTIFACT);
    Graph::with_blobs(&[&config, &layer]).root_is(&value)
}

fn empty_artifact() -> Graph {
    let empty = Blob::empty_json();
    Graph::with_blobs(&[&empty]).root_is_document(Document::artifact(ARTIFACT, None))
}

/// The older way: the type of the configuration says what this is.
fn artifact_by_config() -> Graph {
    let config = Blob::new(ARTIFACT, "{}");
    let layer = Blob::layer();
    Graph::with_blobs(&[&config, &layer]).root_is(&image(&config, &[&layer]))
}

fn artifact_index() -> Graph {
    let (one, two) = (artifact(), artifact());
    let mut value = index(&[one.root(), two.root()]);
    value["artifactType"] = json!("application/vnd.example.set.v1");
    Graph::default().root_is(&value).after(&two).after(&one)
}

fn subject() -> Graph {
    let subject = plain();
    let (config, layer) = (Blob::empty_json(), Blob::layer());
    let mut value = image(&config, &[&layer]);
    let annotations = json!({ "org.example.kind": "a signature", "org.example.more": "é" });
    value["artifactType"] = json!(ARTIFACT);
    value["annotations"] = annotations.clone();
    value["subject"] = subject.root().descriptor();
    let mut graph = Graph::with_blobs(&[&config, &layer])
        .root_is(&value)
        .after(&subject);
    graph.referrer = Some(Referrer {
        subject: subject.root().clone(),
        artifact_type: ARTIFACT,
        annotations,
    });
    graph
}

fn subject_by_config() -> Graph {
    let subject = plain();
    let config = Blob::new("application/vnd.example.config.v1+json", Blob::config().bytes);
    let mut value = image(&config, &[]);
    value["subject"] = subject.root().descriptor();
    let mut graph = Graph::with_blobs(&[&config]).root_is(&value).after(&subject);
    graph.referrer = Some(Referrer {
        subject: subject.root().clone(),
        artifact_type: "application/vnd.example.config.v1+json",
        annotations: Value::Null,
    });
    graph
}

fn missing_subject() -> Graph {
    let absent = plain();
    let (empty, artifact) = (
        Blob::empty_json(),
        Document::artifact(ARTIFACT, Some(absent.root())),
    );
    let annotations =
        serde_json::from_slice::<Value>(&artifact.bytes).unwrap_or_default()["annotations"].clone();
    let mut graph = Graph::with_blobs(&[&empty]).root_is_document(artifact);
    graph.referrer = Some(Referrer {
        subject: absent.root().clone(),
        artifact_type: ARTIFACT,
        annotations,
    });
    graph
}

fn docker() -> (Vec<Blob>, Value) {
    let config = Blob::config().with_type(DOCKER_CONFIG);
    let layer = Blob::layer().with_type(DOCKER_LAYER);
    let mut value = image(&config, &[&layer]);
    value["mediaType"] = json!(DOCKER_MANIFEST);
    (vec![config, layer], value)
}

fn docker_image() -> Graph {
    let (blobs, value) = docker();
    Graph {
        blobs,
        ..Graph::default()
    }
    .root_is(&value)
}

fn docker_list() -> Graph {
    let listed = docker_image();
    let mut value = index(&[listed.root()]);
    value["mediaType"] = json!(DOCKER_LIST);
    value["manifests"][0]["platform"] = json!({ "os": "linux", "architecture": "amd64" });
    Graph::default().root_is(&value).after(&listed)
}

fn sha512() -> Graph {
    by(Algorithm::Sha512)
}

fn sha384() -> Graph {
    by(Algorithm::Sha384)
}

/// An image whose blobs and manifest all go by one algorithm.
fn by(algorithm: Algorithm) -> Graph {
    let config = Blob::config().by(algorithm);
    let layer = Blob::layer().by(algorithm);
    let root = Document::image(&config, &[&layer]).by(algorithm);
    Graph::with_blobs(&[&config, &layer]).root_is_document(root)
}

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
