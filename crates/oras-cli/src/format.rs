//! Results on stdout.

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context;
use oras::Descriptor;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::args::Format;
use crate::indent::indented;
use crate::{printable, say, template};

/// Set once nobody reads stdout any more. The command still completes its work.
static CLOSED: AtomicBool = AtomicBool::new(false);

/// Writes one line.
pub(crate) fn line(text: impl AsRef<str>) -> anyhow::Result<()> {
    let mut shown = printable::line(text.as_ref()).into_owned();
    shown.push('\n');
    bytes(shown.as_bytes())
}

/// Writes several lines, including the final newline.
pub(crate) fn lines(text: impl AsRef<str>) -> anyhow::Result<()> {
    let mut shown = printable::lines(text.as_ref()).into_owned();
    shown.push('\n');
    bytes(shown.as_bytes())
}

/// Writes an indented document, or the output of the user's template for it.
pub(crate) fn json(value: &impl Serialize) -> anyhow::Result<()> {
    if let Some(rendered) = template::render_with(|| serde_json::to_value(value))? {
        return bytes(printable::lines(&rendered).as_bytes());
    }
    let text = printable::json(value).context("cannot write the result as JSON")?;
    bytes(format!("{text}\n").as_bytes())
}

/// Like [`json`], for a document that is already text.
pub(crate) fn json_text(text: &str) -> anyhow::Result<()> {
    match template::render_with(|| serde_json::from_str(text))? {
        Some(rendered) => bytes(printable::lines(&rendered).as_bytes()),
        None => lines(text),
    }
}

/// Writes a third-party document, indented.
pub(crate) fn pretty(document: &[u8]) -> anyhow::Result<()> {
    let valid = serde_json::from_slice::<&RawValue>(document);
    lines(indented(valid.context("cannot indent what is not JSON")?.get()))
}

/// Writes a document on one line.
fn json_line(value: &impl Serialize) -> anyhow::Result<()> {
    let text = printable::json_line(value).context("cannot write the result as JSON")?;
    bytes(format!("{text}\n").as_bytes())
}

/// Writes a descriptor as JSON: with its reference if the format is JSON, otherwise alone, indented or on one line.
pub(crate) fn descriptor(
    name: &str,
    descriptor: &Descriptor,
    format: Format,
    pretty: bool,
) -> anyhow::Result<()> {
    match (format, pretty) {
        (Format::Json, _) => json(&described(name, descriptor)),
        (Format::Text, true) => json(descriptor),
        (Format::Text, false) => json_line(descriptor),
    }
}

/// Writes bytes unchanged; to a terminal, escaped so that they cannot control it.
pub(crate) fn content(content: &[u8]) -> anyhow::Result<()> {
    match io::stdout().is_terminal() {
        true => lines(String::from_utf8_lossy(content)),
        false => bytes(content),
    }
}

/// Writes bytes unchanged.
pub(crate) fn bytes(bytes: &[u8]) -> anyhow::Result<()> {
    if CLOSED.load(Ordering::Relaxed) {
        return Ok(());
    }
    let mut stdout = io::stdout().lock();
    match say::without_block(|| stdout.write_all(bytes).and_then(|()| stdout.flush())) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
            CLOSED.store(true, Ordering::Relaxed);
            Ok(())
        }
        written => written.context("cannot write to stdout"),
    }
}

/// Returns the members that describe content in results: its reference, then its descriptor.
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
