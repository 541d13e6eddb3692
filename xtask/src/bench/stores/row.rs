//! Rows: a measurement, a comparison, and a limit.

/// A measurement.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) task: &'static str,
    /// The measured cost, with its unit.
    pub(super) taken: String,
    /// The cost of the thing it is compared with, if any.
    pub(super) other: Option<String>,
    /// The value to compare with `most`: the ratio of the two, or the measured cost.
    pub(super) value: f64,
    /// The maximum value.
    pub(super) most: f64,
}

impl Row {
    pub(super) fn is_met(&self) -> bool {
        self.value <= self.most
    }
}

/// Formats the rows as a Markdown table.
pub(super) fn table(rows: &[Row]) -> String {
    let mut text = String::from("| task | takes | next to | ratio | at most |\n|---|---|---|---|---|\n");
    for row in rows {
        let ratio = row
            .other
            .as_ref()
            .map_or("–".to_owned(), |_| format!("{:.2}", row.value));
        let other = row.other.as_deref().unwrap_or("–");
        text.push_str(&format!(
            "| {} | {} | {other} | {ratio} | {} |\n",
            row.task, row.taken, row.most
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_met_up_to_its_most() {
        let mut row = Row {
            task: "all",
            taken: "3 s".to_owned(),
            other: Some("2 s".to_owned()),
            value: 1.5,
            most: 1.5,
        };
        assert!(row.is_met());
        assert!(table(&[row.clone()]).ends_with("| all | 3 s | 2 s | 1.50 | 1.5 |\n"));
        row.most = 1.4;
        row.other = None;
        assert!(!row.is_met());
        assert!(table(&[row]).ends_with("| all | 3 s | – | – | 1.4 |\n"));
    }
}
