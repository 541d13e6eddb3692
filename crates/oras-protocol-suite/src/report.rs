//! The report: a table for people, and all failures in full.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::case::Outcome;
use crate::expected::Verdict;
use crate::run::Row;

/// Formats the report for the rows of one registry.
pub fn report(target: &str, rows: &[Row]) -> String {
    let mut text = format!("\n{target}\n");
    text.push_str(&table(rows));
    text.push_str(&reasons(rows));
    for row in rows.iter().filter(|row| row.is_bad()) {
        text.push_str(&trouble(row));
    }
    text
}

/// Number of cases per outcome.
#[derive(Clone, Copy, Default)]
struct Counts {
    passed: usize,
    skipped: usize,
    expected: usize,
    bad: usize,
}

impl Counts {
    fn add(&mut self, row: &Row) {
        match (&row.verdict, &row.outcome) {
            (Verdict::Bad(_), _) => self.bad += 1,
            (Verdict::Expected(_), Outcome::Fail(_)) => self.expected += 1,
            (_, Outcome::Skipped(_)) => self.skipped += 1,
            _ => self.passed += 1,
        }
    }

    fn line(self, name: &str) -> String {
        let all = self.passed + self.skipped + self.expected + self.bad;
        format!(
            "  {name:<12} {all:>6} {:>7} {:>8} {:>11} {:>6}\n",
            self.passed, self.skipped, self.expected, self.bad
        )
    }
}

fn table(rows: &[Row]) -> String {
    let mut areas: Vec<(&str, Counts)> = Vec::new();
    let mut all = Counts::default();
    for row in rows {
        if areas.last().is_none_or(|(area, _)| *area != row.area()) {
            areas.push((row.area(), Counts::default()));
        }
        areas.last_mut().expect("one was added").1.add(row);
        all.add(row);
    }
    let mut text = format!(
        "  {:<12} {:>6} {:>7} {:>8} {:>11} {:>6}\n",
        "area", "cases", "passed", "skipped", "differences", "wrong"
    );
    for (area, counts) in areas {
        text.push_str(&counts.line(area));
    }
    text + &all.line("all")
}

/// Lists the reasons for skips and known failures, each once.
fn reasons(rows: &[Row]) -> String {
    let mut reasons: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for row in rows.iter().filter(|row| !row.is_bad()) {
        let reason = match (&row.outcome, &row.verdict) {
            (Outcome::Fail(_), Verdict::Expected(reason)) => format!("differs: {reason}"),
            (Outcome::Skipped(reason), _) => format!("skipped: {reason}"),
            _ => continue,
        };
        reasons.entry(reason).or_default().push(&row.id);
    }
    let line = |(reason, ids): (String, Vec<&str>)| match ids.as_slice() {
        [id] => format!("  {reason}: {id}\n"),
        [first, ..] => format!("  {reason}: {} cases, {first} the first\n", ids.len()),
        [] => String::new(),
    };
    reasons.into_iter().map(line).collect()
}

/// Describes a case with an unexpected outcome.
fn trouble(row: &Row) -> String {
    let Verdict::Bad(what) = &row.verdict else {
        return String::new();
    };
    let level = row.level.map_or("", |level| level.name());
    let mut text = format!("\n  WRONG {} ({level}, {}): {what}\n", row.id, row.section);
    if let Outcome::Fail(problem) = &row.outcome {
        for (name, value) in [
            ("sent", &problem.sent),
            ("wanted", &problem.wanted),
            ("got", &problem.got),
        ] {
            writeln!(text, "    {name:<7} {value}").expect("a string takes everything");
        }
    }
    text
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::case::{Level, Problem};

    /// One row of every sort.
    pub(crate) fn rows() -> Vec<Row> {
        let problem = Problem {
            sent: "GET /v2/a?x=<1>".into(),
            wanted: "status 200 & \"more\"".into(),
            got: "status 500".into(),
        };
        let row = |id: &str, outcome: Outcome, verdict: Verdict| Row {
            target: "memory".into(),
            id: id.into(),
            section: "Pulling blobs",
            level: Some(Level::Must),
            outcome,
            verdict,
        };
        vec![
            row("blob/one", Outcome::Pass, Verdict::Good),
            row(
                "blob/two",
                Outcome::Fail(problem.clone()),
                Verdict::Bad("it fails".into()),
            ),
            row(
                "blob/three",
                Outcome::Fail(problem),
                Verdict::Expected("it is old"),
            ),
            row("tag/one", Outcome::Skipped("it is off".into()), Verdict::Good),
            row("tag/two", Outcome::Pass, Verdict::Bad("it passes".into())),
        ]
    }

    #[test]
    fn the_table_counts_every_sort() {
        let text = report("memory", &rows());
        let numbers = |area: &str| -> Vec<usize> {
            let line = text
                .lines()
                .find(|line| line.trim_start().starts_with(area))
                .unwrap();
            line.split_whitespace()
                .filter_map(|word| word.parse().ok())
                .collect()
        };
        assert_eq!(numbers("blob"), [3, 1, 0, 1, 1]);
        assert_eq!(numbers("tag"), [2, 0, 1, 0, 1]);
        assert_eq!(numbers("all"), [5, 1, 1, 1, 2]);
    }

    #[test]
    fn what_is_wrong_is_told_in_full() {
        let text = report("memory", &rows());
        assert!(text.contains("WRONG blob/two (MUST, Pulling blobs): it fails"));
        assert!(text.contains("sent    GET /v2/a?x=<1>") && text.contains("got     status 500"));
        assert!(text.contains("WRONG tag/two") && !text.contains("WRONG blob/three"));
        assert!(text.contains("differs: it is old: blob/three"));
        assert!(text.contains("skipped: it is off: tag/one"));
    }
}
