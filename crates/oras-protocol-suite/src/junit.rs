//! JUnit: the outcomes as XML for CI systems.

use crate::case::Outcome;
use crate::expected::Verdict;
use crate::run::Row;

/// Returns the document, with one test suite per registry. A known difference counts as skipped, and a pass that the list of
/// differences denies as a failure.
pub fn junit(rows: &[Row]) -> String {
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    text.push_str(&format!("<testsuites name=\"conformance\"{}>\n", counts(rows)));
    for suite in rows.chunk_by(|one, other| one.target == other.target) {
        let name = escape(&suite[0].target);
        text.push_str(&format!("  <testsuite name=\"{name}\"{}>\n", counts(suite)));
        text.extend(suite.iter().map(case));
        text.push_str("  </testsuite>\n");
    }
    text + "</testsuites>\n"
}

fn counts(rows: &[Row]) -> String {
    let failures = rows.iter().filter(|row| row.is_bad()).count();
    let skipped = rows
        .iter()
        .filter(|row| !row.is_bad() && row.outcome != Outcome::Pass)
        .count();
    format!(
        " tests=\"{}\" failures=\"{failures}\" errors=\"0\" skipped=\"{skipped}\"",
        rows.len()
    )
}

fn case(row: &Row) -> String {
    let (name, class) = (escape(&row.id), escape(&row.target));
    let open = format!("    <testcase name=\"{name}\" classname=\"{class}\"");
    match (&row.verdict, &row.outcome) {
        (Verdict::Bad(what), outcome) => format!(
            "{open}>\n      <failure message=\"{}\">{}</failure>\n    </testcase>\n",
            escape(what),
            escape(&details(row, outcome))
        ),
        (Verdict::Expected(reason), _) => skipped(&open, reason),
        (Verdict::Good, Outcome::Skipped(reason)) => skipped(&open, reason),
        (Verdict::Good, _) => format!("{open}/>\n"),
    }
}

fn skipped(open: &str, reason: &str) -> String {
    format!(
        "{open}>\n      <skipped message=\"{}\"/>\n    </testcase>\n",
        escape(reason)
    )
}

fn details(row: &Row, outcome: &Outcome) -> String {
    let level = row.level.map_or("", |level| level.name());
    match outcome {
        Outcome::Fail(problem) => format!(
            "{level}, {}\nsent: {}\nwanted: {}\ngot: {}",
            row.section, problem.sent, problem.wanted, problem.got
        ),
        _ => format!("{level}, {}", row.section),
    }
}

/// Escapes text for XML; characters that XML cannot contain are left out.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' | '\t' => escaped.push(c),
            '\u{FFFE}' | '\u{FFFF}' => {}
            _ if c.is_control() => {}
            _ => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::rows;

    #[test]
    fn failures_and_skips_are_elements_and_counted() {
        let text = junit(&rows());
        assert!(text.contains(
            "<testsuites name=\"conformance\" tests=\"5\" failures=\"2\" errors=\"0\" skipped=\"2\">"
        ));
        assert!(
            text.contains(
                "<testsuite name=\"memory\" tests=\"5\" failures=\"2\" errors=\"0\" skipped=\"2\">"
            )
        );
        assert_eq!(text.matches("<failure ").count(), 2);
        assert_eq!(text.matches("<skipped ").count(), 2);
        assert_eq!(text.matches("<testcase ").count(), 5);
        assert_eq!(
            text.matches("</testcase>").count() + text.matches("memory\"/>").count(),
            5
        );
    }

    #[test]
    fn every_registry_is_a_suite() {
        let mut rows = rows();
        rows.last_mut().unwrap().target = "layout".into();
        let text = junit(&rows);
        assert!(
            text.contains(
                "<testsuite name=\"memory\" tests=\"4\" failures=\"1\" errors=\"0\" skipped=\"2\">"
            )
        );
        assert!(
            text.contains(
                "<testsuite name=\"layout\" tests=\"1\" failures=\"1\" errors=\"0\" skipped=\"0\">"
            )
        );
    }

    #[test]
    fn text_is_escaped() {
        let text = junit(&rows());
        assert!(
            text.contains("sent: GET /v2/a?x=&lt;1&gt;")
                && text.contains("status 200 &amp; &quot;more&quot;")
        );
        assert_eq!(escape("a\u{0}\u{1b}b\u{FFFF}\n"), "ab\n");
    }
}
