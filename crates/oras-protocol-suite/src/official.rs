//! The results of the specification's own suite, as rows of this one.

use crate::case::{Outcome, Problem};
use crate::expected::Expected;
use crate::run::Row;

/// The name of the specification's own suite in reports.
pub const OFFICIAL: &str = "official";

/// Returns the rows of a `results.yaml` of the specification's own suite: those of its maps `apis` and `data`.
///
/// The file is written by the suite as of late 2025. After its configuration under `config`, it has the top-level maps
/// `apis` and `data` from names to `Pass`, `Skip`, `Disabled`, `FAIL` or `Error`. Anything else is ignored.
pub fn official_rows(text: &str) -> Vec<Row> {
    let mut map = None;
    let mut rows = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        if !line.starts_with([' ', '#']) {
            let name = line.split(':').next().unwrap_or_default();
            map = ["apis", "data"].into_iter().find(|wanted| *wanted == name);
        } else if let (Some(map), Some((name, status))) = (map, line.rsplit_once(':')) {
            rows.push(row(&format!("{map}/{}", plain(name)), plain(status)));
        }
    }
    rows
}

fn plain(text: &str) -> &str {
    text.trim().trim_matches(['"', '\''])
}

fn row(id: &str, status: &str) -> Row {
    let outcome = match status.to_ascii_lowercase().as_str() {
        "pass" => Outcome::Pass,
        "skip" | "disabled" => Outcome::Skipped(status.to_owned()),
        _ => Outcome::Fail(Problem {
            sent: "the requests in the suite's own report".to_owned(),
            wanted: "Pass".to_owned(),
            got: status.to_owned(),
        }),
    };
    Row {
        target: OFFICIAL.to_owned(),
        id: id.to_owned(),
        section: "the specification's own suite",
        level: None,
        verdict: Expected::Unknown.weigh(id, &outcome),
        outcome,
    }
}
