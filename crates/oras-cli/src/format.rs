//! Results on stdout.

use std::io::Write;

use anyhow::Context;
use oras::Descriptor;
use serde::Serialize;
use serde_json::{Map, Value};

/// Writes one line.
pub(crate) fn line(text: impl AsRef<str>) -> anyhow::Result<()> {
    bytes(text.as_ref().as_bytes())?;
    bytes(b"\n")
}

/// Writes a document, indented.
pub(crate) fn json(value: &impl Serialize) -> anyhow::Result<()> {
    line(serde_json::to_string_pretty(value).context("cannot write the result as JSON")?)
}

/// Writes bytes as they are.
pub(crate) fn bytes(bytes: &[u8]) -> anyhow::Result<()> {
    let mut stdout = std::io::stdout().lock();
    let written = stdout.write_all(bytes).and_then(|()| stdout.flush());
    written.context("cannot write to stdout")
}

/// What results say about a piece of content: where it is, then its descriptor.
pub(crate) fn described(name: &str, descriptor: &Descriptor) -> Map<String, Value> {
    let mut result = Map::new();
    result.insert(
        "reference".to_owned(),
        format!("{name}@{}", descriptor.digest).into(),
    );
    let Ok(Value::Object(members)) = serde_json::to_value(descriptor) else {
        return result;
    };
    result.extend(members);
    result
}
