//! Lines at the end of a terminal that are redrawn in place, with one write each time to avoid flicker.

use std::fmt::Write as _;

use crate::columns::{columns, cut};

/// The lines that are drawn now.
///
/// If the terminal shrinks, lines that are too wide take several rows, because terminals wrap them again.
pub(crate) struct Block {
    lines: Vec<String>,
}

impl Block {
    pub(crate) const fn new() -> Self {
        Self { lines: Vec::new() }
    }

    /// Returns the output that puts `text`, which ends with a newline, above the block; `None` if there is no block.
    pub(crate) fn insert(&mut self, text: &str) -> Option<String> {
        let lines = self.lines.clone();
        self.replace(text, lines)
    }

    /// Returns the output that replaces the block by `lines` and puts `text` above them; `None` if there is nothing to draw.
    pub(crate) fn replace(&mut self, text: &str, lines: Vec<String>) -> Option<String> {
        if self.lines.is_empty() && lines.is_empty() {
            return None;
        }
        Some(self.replace_at(width(), text, lines))
    }

    fn replace_at(&mut self, width: usize, text: &str, lines: Vec<String>) -> String {
        let mut out = String::new();
        let rows: usize = self.lines.iter().map(|line| rows(line, width)).sum();
        if rows > 0 {
            // The block starts in the first column, whatever the user typed meanwhile.
            let _ = write!(out, "\r\x1b[{rows}A");
        }
        for line in text.lines() {
            let _ = write!(out, "\r{line}\x1b[K\n");
        }
        self.lines = lines
            .iter()
            .map(|line| cut(line, width.saturating_sub(1)))
            .collect();
        for line in &self.lines {
            let _ = write!(out, "\r{line}\x1b[K\n");
        }
        out.push_str("\r\x1b[J");
        out
    }
}

/// Returns the width of the terminal in columns.
pub(crate) fn width() -> usize {
    terminal_size::terminal_size().map_or(80, |(width, _)| usize::from(width.0))
}

/// Returns the height of the terminal in rows.
pub(crate) fn height() -> usize {
    terminal_size::terminal_size().map_or(24, |(_, height)| usize::from(height.0))
}

/// Returns the number of rows that a line takes.
fn rows(line: &str, width: usize) -> usize {
    columns(line).div_ceil(width.max(1)).max(1)
}

#[cfg(test)]
mod tests {
    use super::Block;

    fn lines(lines: &[&str]) -> Vec<String> {
        lines.iter().map(|line| (*line).to_owned()).collect()
    }

    #[test]
    fn a_block_is_redrawn_in_place() {
        let mut block = Block::new();
        let first = block.replace_at(80, "", lines(&["total", "a"]));
        assert_eq!(first, "\rtotal\x1b[K\n\ra\x1b[K\n\r\x1b[J");
        let above = block.replace_at(80, "said\n", lines(&["total"]));
        assert_eq!(above, "\r\x1b[2A\rsaid\x1b[K\n\rtotal\x1b[K\n\r\x1b[J");
        assert_eq!(block.replace_at(80, "", Vec::new()), "\r\x1b[1A\r\x1b[J");
    }

    #[test]
    fn nothing_is_written_where_nothing_is_drawn() {
        let mut block = Block::new();
        assert_eq!(block.insert("said\n"), None);
        assert_eq!(block.replace("", Vec::new()), None);
    }

    #[test]
    fn lines_that_a_smaller_terminal_wraps_are_taken_back_whole() {
        let mut block = Block::new();
        block.replace_at(100, "", lines(&[&"x".repeat(90), "y"]));
        let shrunk = block.replace_at(40, "", lines(&["z"]));
        // 90 columns are three rows of 40, and the other line is one.
        assert!(shrunk.starts_with("\r\x1b[4A"), "{shrunk:?}");
    }

    #[test]
    fn a_line_never_reaches_the_last_column() {
        let mut block = Block::new();
        let drawn = block.replace_at(10, "", lines(&["0123456789"]));
        assert_eq!(drawn, "\r012345678\x1b[K\n\r\x1b[J");
    }
}
