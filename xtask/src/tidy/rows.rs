//! Rows: every row of the inventory of oras-go must be in one of two tables, exactly once.

use anyhow::Context;

use crate::cargo::root;

const TABLES: [&str; 2] = ["crates/oras/src/parity.md", "docs/parity.md"];
const ROWS: usize = 282;

pub(crate) fn violations() -> anyhow::Result<Vec<String>> {
    let mut answered = Vec::new();
    for table in TABLES {
        let text = std::fs::read_to_string(root().join(table));
        answered.extend(rows(&text.with_context(|| format!("cannot read {table}"))?));
    }
    let times = |row: usize| answered.iter().filter(|answered| **answered == row).count();
    let wrong = (1..=ROWS).filter(|row| times(*row) != 1);
    let say = |row| {
        format!(
            "row {row} of oras-go is answered {} times in {}",
            times(row),
            TABLES.join(" and ")
        )
    };
    Ok(wrong.map(say).collect())
}

/// Returns the rows of the tables in `text` whose first column has only numbers and ranges.
fn rows(text: &str) -> Vec<usize> {
    let first_columns = text
        .lines()
        .filter_map(|line| line.strip_prefix('|')?.split('|').next());
    first_columns.filter_map(numbers).flatten().collect()
}

fn numbers(column: &str) -> Option<Vec<usize>> {
    let mut found = Vec::new();
    for part in column.trim().split(", ") {
        let (first, last) = part.split_once('–').unwrap_or((part, part));
        found.extend(first.parse::<usize>().ok()?..=last.parse::<usize>().ok()?);
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_ranges_are_rows_and_anything_else_is_none() {
        let text = "| 1–3, 7 | a |\n| 5 | b |\n| C01 | c |\n|---|---|\n8, 9\n| 5, x | d |";
        assert_eq!(rows(text), [1, 2, 3, 7, 5]);
    }
}
