//! The width of text in terminal columns.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Returns the number of columns that `text` takes.
pub(crate) fn columns(text: &str) -> usize {
    text.width()
}

/// Returns the start of `text` that fits into `most` columns.
pub(crate) fn cut(text: &str, most: usize) -> String {
    fitting(text.chars(), most).collect()
}

/// Returns the start and end of `text` if it takes more columns than `most`: names often differ only at their end.
pub(crate) fn cut_middle(text: &str, most: usize) -> String {
    const GAP: &str = "...";
    if columns(text) <= most {
        return text.to_owned();
    }
    let left = most.saturating_sub(GAP.len());
    if left < 2 {
        return cut(text, most);
    }
    let start = cut(text, left.div_ceil(2));
    let end: Vec<char> = fitting(text.chars().rev(), left / 2).collect();
    format!("{start}{GAP}{}", end.into_iter().rev().collect::<String>())
}

fn fitting(characters: impl Iterator<Item = char>, most: usize) -> impl Iterator<Item = char> {
    let mut taken = 0;
    characters.take_while(move |character| {
        taken += character.width().unwrap_or(0);
        taken <= most
    })
}

#[cfg(test)]
mod tests {
    use super::{columns, cut, cut_middle};

    #[test]
    fn wide_characters_take_two_columns() {
        assert_eq!(columns("a\u{6587}b"), 4);
        assert_eq!(cut("a\u{6587}b", 2), "a");
        assert_eq!(cut("a\u{6587}b", 3), "a\u{6587}");
    }

    #[test]
    fn the_start_and_the_end_of_a_name_stay() {
        assert_eq!(cut_middle("short.tar", 9), "short.tar");
        assert_eq!(cut_middle("release-linux-amd64.tar.gz", 15), "releas...tar.gz");
        assert_eq!(cut_middle("abcdef", 4), "abcd");
        assert_eq!(columns(&cut_middle(&"\u{6587}".repeat(40), 21)), 19);
    }
}
