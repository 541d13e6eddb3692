//! A layout of very many manifests and layers, written by hand.

use std::fmt::Write;
use std::path::Path;

use oras::Digest;

/// Writes a layout with an index of so many manifests of so many layers each, which is tagged `v1`. That costs no memory but for
/// the index.
///
/// # Panics
///
/// The folder cannot be written.
pub fn write_graph(layout: &Path, manifests: usize, layers: usize) {
    std::fs::create_dir_all(layout.join("blobs").join("sha256")).expect("the folder can be written");
    std::fs::write(layout.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#)
        .expect("the folder can be written");
    let manifests: Vec<String> = (0..manifests)
        .map(|manifest| write_manifest(layout, manifest, layers))
        .collect();
    let media_type = "application/vnd.oci.image.index.v1+json";
    let all = format!(
        r#"{{"schemaVersion":2,"mediaType":"{media_type}","manifests":[{}]}}"#,
        manifests.join(",")
    );
    let all = write_content(layout, media_type, all.as_bytes());
    let named = all.replace(
        '}',
        r#","annotations":{"org.opencontainers.image.ref.name":"v1"}}"#,
    );
    let index = format!(r#"{{"schemaVersion":2,"manifests":[{named}]}}"#);
    std::fs::write(layout.join("index.json"), index).expect("the folder can be written");
}

fn write_manifest(layout: &Path, number: usize, layers: usize) -> String {
    let config = write_content(layout, "application/vnd.oci.empty.v1+json", b"{}");
    let media_type = "application/vnd.oci.image.manifest.v1+json";
    let mut manifest = format!(
        r#"{{"schemaVersion":2,"mediaType":"{media_type}","artifactType":"t/x","config":{config},"layers":["#
    );
    for layer in 0..layers {
        let comma = if layer == 0 { "" } else { "," };
        let layer = write_content(layout, "text/plain", format!("{number} {layer}").as_bytes());
        write!(manifest, "{comma}{layer}").expect("a string takes all");
    }
    manifest.push_str("]}");
    write_content(layout, media_type, manifest.as_bytes())
}

/// Writes content; its descriptor.
fn write_content(layout: &Path, media_type: &str, content: &[u8]) -> String {
    let digest = Digest::sha256(content);
    let blobs = layout.join("blobs").join("sha256");
    std::fs::write(blobs.join(digest.encoded()), content).expect("the folder can be written");
    let size = content.len();
    format!(r#"{{"mediaType":"{media_type}","digest":"{digest}","size":{size}}}"#)
}
