//! Artifacts, and referrers of a subject.

use serde_json::{Value, json};

use super::image::plain;
use super::{ARTIFACT, Graph, Referrer};
use crate::content::{Blob, Document, image, index};

pub(super) fn artifact() -> Graph {
    let (config, layer) = (Blob::empty_json(), Blob::layer().with_type("text/plain"));
    let mut value = image(&config, &[&layer]);
    value["artifactType"] = json!(ARTIFACT);
    Graph::with_blobs(&[&config, &layer]).root_is(&value)
}

pub(super) fn empty_artifact() -> Graph {
    let empty = Blob::empty_json();
    Graph::with_blobs(&[&empty]).root_is_document(Document::artifact(ARTIFACT, None))
}

/// The older form: the type of the configuration is the artifact type.
pub(super) fn artifact_by_config() -> Graph {
    let config = Blob::new(ARTIFACT, "{}");
    let layer = Blob::layer();
    Graph::with_blobs(&[&config, &layer]).root_is(&image(&config, &[&layer]))
}

pub(super) fn artifact_index() -> Graph {
    let (one, two) = (artifact(), artifact());
    let mut value = index(&[one.root(), two.root()]);
    value["artifactType"] = json!("application/vnd.example.set.v1");
    Graph::default().root_is(&value).after(&two).after(&one)
}

pub(super) fn subject() -> Graph {
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

pub(super) fn subject_by_config() -> Graph {
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

pub(super) fn missing_subject() -> Graph {
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

pub(super) fn index_with_subject() -> Graph {
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
