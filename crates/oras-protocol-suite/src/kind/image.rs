//! Images.

use oras_content::Algorithm;
use serde_json::{Value, json};

use super::{ARTIFACT, Graph};
use crate::content::{
    Blob, DOCKER_CONFIG, DOCKER_LAYER, DOCKER_MANIFEST, Document, OCI_LAYER, OCI_MANIFEST, image, padded,
};

pub(super) fn plain() -> Graph {
    let (config, layer, other) = (Blob::config(), Blob::layer(), Blob::layer());
    Graph::with_blobs(&[&config, &layer, &other]).root_is(&image(&config, &[&layer, &other]))
}

pub(super) fn uncompressed() -> Graph {
    let config = Blob::config();
    let layer = Blob::layer().with_type("application/vnd.oci.image.layer.v1.tar");
    Graph::with_blobs(&[&config, &layer]).root_is(&image(&config, &[&layer]))
}

pub(super) fn unknown_layer() -> Graph {
    let config = Blob::config();
    let layer = Blob::layer().with_type("application/vnd.example.unheard-of.v7+zstd");
    Graph::with_blobs(&[&config, &layer]).root_is(&image(&config, &[&layer]))
}

pub(super) fn repeated_layer() -> Graph {
    let (config, layer) = (Blob::config(), Blob::layer());
    Graph::with_blobs(&[&config, &layer]).root_is(&image(&config, &[&layer, &layer]))
}

/// Image-spec lets images omit their own media type.
pub(super) fn without_media_type() -> Graph {
    let (config, layer) = (Blob::config(), Blob::layer());
    let mut value = image(&config, &[&layer]);
    value
        .as_object_mut()
        .expect("an image is an object")
        .remove("mediaType");
    Graph::with_blobs(&[&config, &layer]).root_is(&value)
}

/// Near the 4 megabytes that registries should accept.
pub(super) fn large() -> Graph {
    let (config, layer) = (Blob::config(), Blob::layer());
    let root = padded(&config, &[&layer], 3_900_000);
    Graph::with_blobs(&[&config, &layer]).root_is_document(root)
}

/// White space, repeated escapes and large numbers: bytes that do not survive being read and written again.
pub(super) fn odd_json() -> Graph {
    let (config, layer) = (Blob::config(), Blob::layer());
    let text = image(&config, &[&layer]).to_string();
    let inner = text.trim_start_matches('{');
    let text = format!(
        " {{\n\t\"annotations\" : {{ \"a\\u002Fb\":\"\\u00e9\" }},\r\n  \"big\": 1.50e+3,{inner}\n\n"
    );
    Graph::with_blobs(&[&config, &layer]).root_is_document(Document::new(OCI_MANIFEST, text))
}

pub(super) fn no_layers() -> Graph {
    let config = Blob::config();
    Graph::with_blobs(&[&config]).root_is(&image(&config, &[]))
}

pub(super) fn empty_blob() -> Graph {
    let (config, layer) = (Blob::config(), Blob::new(OCI_LAYER, ""));
    Graph::with_blobs(&[&config, &layer]).root_is(&image(&config, &[&layer]))
}

/// Descriptors with embedded content.
pub(super) fn data_field() -> Graph {
    let (config, layer) = (Blob::empty_json(), Blob::layer());
    let mut value = image(&config, &[&layer]);
    value["artifactType"] = json!(ARTIFACT);
    value["config"]["data"] = json!("e30=");
    value["annotations"] = json!({ "org.example.nonce": format!("{:016x}", fastrand::u64(..)) });
    Graph::with_blobs(&[&config, &layer]).root_is(&value)
}

pub(super) fn custom_fields() -> Graph {
    let (config, layer) = (Blob::config(), Blob::layer());
    let mut value = image(&config, &[&layer]);
    value["org.example.custom"] = json!({ "deep": [1, null, { "er": true }] });
    value["layers"][0]["org.example.custom"] = json!("beside the size");
    Graph::with_blobs(&[&config, &layer]).root_is(&value)
}

/// Layers that are stored elsewhere by definition.
pub(super) fn non_distributable() -> Graph {
    let (config, layer) = (Blob::config(), Blob::layer());
    let absent = Blob::layer().with_type("application/vnd.oci.image.layer.nondistributable.v1.tar+gzip");
    let mut value = image(&config, &[&layer, &absent]);
    value["layers"][1]["urls"] = json!(["https://store.example/layer"]);
    Graph::with_blobs(&[&config, &layer]).root_is(&value)
}

/// A layer that was never pushed.
pub(super) fn sparse_image() -> Graph {
    let (config, layer, absent) = (Blob::config(), Blob::layer(), Blob::layer());
    Graph::with_blobs(&[&config, &layer])
        .root_is(&image(&config, &[&layer, &absent]))
        .sparse()
}

fn docker() -> (Vec<Blob>, Value) {
    let config = Blob::config().with_type(DOCKER_CONFIG);
    let layer = Blob::layer().with_type(DOCKER_LAYER);
    let mut value = image(&config, &[&layer]);
    value["mediaType"] = json!(DOCKER_MANIFEST);
    (vec![config, layer], value)
}

pub(super) fn docker_image() -> Graph {
    let (blobs, value) = docker();
    Graph {
        blobs,
        ..Graph::default()
    }
    .root_is(&value)
}

pub(super) fn sha512() -> Graph {
    by(Algorithm::Sha512)
}

pub(super) fn sha384() -> Graph {
    by(Algorithm::Sha384)
}

/// An image whose blobs and manifest all use one digest algorithm.
fn by(algorithm: Algorithm) -> Graph {
    let config = Blob::config().by(algorithm);
    let layer = Blob::layer().by(algorithm);
    let root = Document::image(&config, &[&layer]).by(algorithm);
    Graph::with_blobs(&[&config, &layer]).root_is_document(root)
}
