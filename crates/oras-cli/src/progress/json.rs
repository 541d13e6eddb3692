//! Progress for programs: one JSON object per line.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use oras::content::ErrorChain;
use oras::copy::{Event, Outcome, Totals};
use oras::{Descriptor, Digest};
use serde_json::{Map, Value, json};

use crate::secrets::without_secrets;
use crate::{printable, say};

/// Minimum interval between two `bytes` events of the same content.
const PAUSE: Duration = Duration::from_millis(250);

/// Writes each event.
#[derive(Default)]
pub(super) struct Lines {
    reported: Mutex<HashMap<Digest, Instant>>,
}

impl Lines {
    pub(super) fn on_event(&self, event: Event<'_>) {
        match event {
            Event::Discovered { node, totals } => tell("discovered", node, shown_totals(totals)),
            Event::Started { node } => tell("started", node, Map::new()),
            Event::Bytes { node, done } if done > 0 && self.is_due(node) => {
                tell("bytes", node, with("done", done));
            }
            Event::Retried { node, from } => tell("retried", node, with("from", from)),
            Event::Healing { node } => tell("healing", node, Map::new()),
            Event::Failed { node, error, .. } => {
                self.reported().remove(&node.digest);
                let text = without_secrets(&ErrorChain(error).to_string());
                tell("failed", node, with("error", text));
            }
            Event::Finished {
                node,
                outcome,
                totals,
            } => {
                self.reported().remove(&node.digest);
                let mut more = with("outcome", word(outcome));
                more.extend(shown_totals(totals));
                tell("finished", node, more);
            }
            _ => {}
        }
    }

    fn is_due(&self, node: &Descriptor) -> bool {
        let mut reported = self.reported();
        let is_due = reported.get(&node.digest).is_none_or(|at| at.elapsed() >= PAUSE);
        if is_due {
            reported.insert(node.digest.clone(), Instant::now());
        }
        is_due
    }

    fn reported(&self) -> MutexGuard<'_, HashMap<Digest, Instant>> {
        // Each change is atomic, so a poisoned lock is safe to use.
        self.reported.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reports work before the copy.
pub(super) fn tell_phase(verb: &str, name: &str) {
    write(&json!({ "event": verb.to_lowercase(), "name": name }));
}

fn tell(event: &str, node: &Descriptor, more: Map<String, Value>) {
    let mut shown = with("event", event);
    shown.insert("mediaType".to_owned(), node.media_type.as_str().into());
    shown.insert("digest".to_owned(), node.digest.as_str().into());
    shown.insert("size".to_owned(), node.size.into());
    if let Some(title) = node.title() {
        shown.insert("title".to_owned(), title.into());
    }
    shown.extend(more);
    write(&Value::Object(shown));
}

fn write(value: &Value) {
    if let Ok(text) = printable::json_line(value) {
        say::line(text);
    }
}

fn with(key: &str, value: impl Into<Value>) -> Map<String, Value> {
    Map::from_iter([(key.to_owned(), value.into())])
}

fn shown_totals(totals: Totals) -> Map<String, Value> {
    let shown = json!({
        "nodes": totals.nodes,
        "bytes": totals.bytes,
        "finishedNodes": totals.finished_nodes,
        "finishedBytes": totals.finished_bytes,
        "copiedBytes": totals.copied_bytes,
    });
    with("totals", shown)
}

fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Copied => "copied",
        Outcome::Mounted => "mounted",
        Outcome::Listed => "listed",
        Outcome::SkippedByCaller => "skipped",
        Outcome::Absent => "absent",
        _ => "exists",
    }
}
