//! The results table, and its place in the documents.

use anyhow::Context;

use super::measure::Row;
use crate::cargo::root;

const DOCUMENT: &str = "docs/performance.md";

/// Formats the rows as a Markdown table.
pub(super) fn table(rows: &[Row]) -> String {
    let mut text = String::from(
        "| task | oras | docker-registry | times as fast | memory of oras, at most |\n|---|---|---|---|---|\n",
    );
    for row in rows {
        text.push_str(&format!(
            "| {} | {:.0} {unit} | {:.0} {unit} | {:.2} | {:.0} MiB |\n",
            row.name,
            row.ours,
            row.theirs,
            row.ratio(),
            row.memory,
            unit = row.unit
        ));
    }
    text
}

/// Writes a section to the document, replacing the one with the same heading.
pub(super) fn write(heading: &str, section: &str) -> anyhow::Result<()> {
    let path = root().join(DOCUMENT);
    let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {DOCUMENT}"))?;
    std::fs::write(&path, replaced(&text, heading, section))
        .with_context(|| format!("cannot write {DOCUMENT}"))
}

pub(super) fn heading(medium: &str) -> String {
    format!("### On {medium}\n")
}

pub(super) fn section(medium: &str, rounds: usize, table: &str) -> String {
    format!(
        "{}\nThe median of {rounds} rounds, on one machine with {} cores that client and server share.\n\n{table}",
        heading(medium),
        cores()
    )
}

pub(super) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Returns the document with this section instead of the one with the same heading, or at its end.
fn replaced(text: &str, heading: &str, section: &str) -> String {
    let Some(start) = text.find(heading) else {
        return format!("{}\n\n{section}", text.trim_end());
    };
    let after = &text[start + heading.len()..];
    let end = after
        .find("\n#")
        .map_or(text.len(), |end| start + heading.len() + end + 1);
    let gap = if end < text.len() { "\n" } else { "" };
    format!("{}{section}{gap}{}", &text[..start], &text[end..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_says_how_many_times_as_fast() {
        let row = Row {
            name: "GET",
            unit: "MiB/s",
            ours: 300.0,
            theirs: 200.0,
            memory: 12.4,
        };
        let text = table(&[row]);
        assert!(
            text.ends_with("| GET | 300 MiB/s | 200 MiB/s | 1.50 | 12 MiB |\n"),
            "{text}"
        );
    }

    #[test]
    fn a_table_takes_the_place_of_the_one_before() {
        let text = "# Speed\n\n### On a disk\n\nold\n\n### On a card\n\nkept\n";
        let once = replaced(text, &heading("a disk"), "### On a disk\n\nnew\n");
        assert_eq!(once, "# Speed\n\n### On a disk\n\nnew\n\n### On a card\n\nkept\n");
        let twice = replaced(&once, &heading("a card"), "### On a card\n\nnew too\n");
        assert_eq!(
            twice,
            "# Speed\n\n### On a disk\n\nnew\n\n### On a card\n\nnew too\n"
        );
        assert!(replaced(&twice, &heading("paper"), "### On paper\n").ends_with("new too\n\n### On paper\n"));
    }
}
