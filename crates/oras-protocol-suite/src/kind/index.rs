//! Indexes.

use serde_json::json;

use super::Graph;
use super::image::{docker_image, plain};
use crate::content::{DOCKER_LIST, index};

pub(super) fn plain_index() -> Graph {
    let (one, two) = (plain(), plain());
    let mut value = index(&[one.root(), two.root()]);
    value["manifests"][0]["platform"] = json!({ "os": "linux", "architecture": "amd64" });
    value["manifests"][1]["platform"] = json!({ "os": "linux", "architecture": "arm64", "variant": "v8" });
    Graph::default().root_is(&value).after(&two).after(&one)
}

pub(super) fn empty_index() -> Graph {
    let mut value = index(&[]);
    value["annotations"] = json!({ "org.example.nonce": format!("{:016x}", fastrand::u64(..)) });
    Graph::default().root_is(&value)
}

pub(super) fn nested_index() -> Graph {
    let (one, two) = (plain_index(), plain_index());
    let value = index(&[one.root(), two.root()]);
    Graph::default().root_is(&value).after(&two).after(&one)
}

/// A platform that was never pushed.
pub(super) fn sparse_index() -> Graph {
    let (there, absent) = (plain(), plain());
    Graph::default()
        .root_is(&index(&[there.root(), absent.root()]))
        .after(&there)
        .sparse()
}

pub(super) fn docker_list() -> Graph {
    let listed = docker_image();
    let mut value = index(&[listed.root()]);
    value["mediaType"] = json!(DOCKER_LIST);
    value["manifests"][0]["platform"] = json!({ "os": "linux", "architecture": "amd64" });
    Graph::default().root_is(&value).after(&listed)
}
