//! Results on stdout.

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context;
use oras::Descriptor;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::indent::indented;
use crate::{printable, say, template};

/// Nobody reads stdout any more. That is no reason to leave the work undone.
static CLOSED: AtomicBool = AtomicBool::new(false);

/// Writes one line.
pub(crate) fn line(text: impl AsRef<str>) -> anyhow::Result<()> {
    let mut shown = printable::line(text.as_ref()).into_owned();
    shown.push('\n');
    bytes(shown.as_bytes())
}

/// Writes several lines, the last one with its end.
pub(crate) fn lines(text: impl AsRef<str>) -> anyhow::Result<()> {
    let mut shown = printable::lines(text.as_ref()).into_owned();
    shown.push('\n');
    bytes(shown.as_bytes())
}

/// Writes a document, indented, or what the user's template makes of it.
pub(crate) fn json(value: &impl Serialize) -> anyhow::Result<()> {
    if let Some(rendered) = template::render_with(|| serde_json::to_value(value))? {
        return bytes(printable::lines(&rendered).as_bytes());
    }
    let text = printable::json(value).context("cannot write the result as JSON")?;
    bytes(format!("{text}\n").as_bytes())
}

/// As [`json`], for a document that is text already.
pub(crate) fn json_text(text: &str) -> anyhow::Result<()> {
    match template::render_with(|| serde_json::from_str(text))? {
        Some(rendered) => bytes(printable::lines(&rendered).as_bytes()),
        None => lines(text),
    }
}

/// Writes a document that somebody else made, indented.
pub(crate) fn pretty(document: &[u8]) -> anyhow::Result<()> {
    let valid = serde_json::from_slice::<&RawValue>(document);
    lines(indented(valid.context("cannot indent what is not JSON")?.get()))
}

/// Writes a document on one line.
pub(crate) fn json_line(value: &impl Serialize) -> anyhow::Result<()> {
    let text = printable::json_line(value).context("cannot write the result as JSON")?;
    bytes(format!("{text}\n").as_bytes())
}

/// Writes bytes as they are; to a terminal, so that they do nothing but show.
pub(crate) fn content(content: &[u8]) -> anyhow::Result<()> {
    match io::stdout().is_terminal() {
        true => lines(String::from_utf8_lossy(content)),
        false => bytes(content),
    }
}

/// Writes bytes as they are.
pub(crate) fn bytes(bytes: &[u8]) -> anyhow::Result<()> {
    if CLOSED.load(Ordering::Relaxed) {
        return Ok(());
    }
    let mut stdout = io::stdout().lock();
    match say::undrawn(|| stdout.write_all(bytes).and_then(|()| stdout.flush())) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
            CLOSED.store(true, Ordering::Relaxed);
            Ok(())
        }
        written => written.context("cannot write to stdout"),
    }
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
