//! Makes untrusted text safe to print: names, annotations and messages may contain terminal control sequences.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io;

use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter, Serializer};

/// Escapes everything in `text` that is not plainly printable as `\u{…}`. Newlines are kept if `lines` is set.
fn escaped(text: &str, lines: bool) -> Cow<'_, str> {
    let shows = |character: char| !is_active(character) || (lines && character == '\n');
    if text.chars().all(shows) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        match shows(character) {
            true => shown.push(character),
            false => {
                let _ = write!(shown, "\\u{{{:x}}}", u32::from(character));
            }
        }
    }
    Cow::Owned(shown)
}

/// Makes one line of text safe to print.
pub(crate) fn line(text: &str) -> Cow<'_, str> {
    escaped(text, false)
}

/// Makes lines of text safe to print.
pub(crate) fn lines(text: &str) -> Cow<'_, str> {
    escaped(text, true)
}

/// Whether a character affects a terminal or the order of text: control characters of both blocks, direction marks and
/// overrides, and line separators.
fn is_active(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{61c}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{2069}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
        )
}

/// Returns `value` as indented JSON in which everything that is not plainly printable is written as `\uXXXX`.
pub(crate) fn json(value: &impl Serialize) -> serde_json::Result<String> {
    written(value, PrettyFormatter::new())
}

/// Like [`json`], on one line.
pub(crate) fn json_line(value: &impl Serialize) -> serde_json::Result<String> {
    written(value, CompactFormatter)
}

fn written(value: &impl Serialize, layout: impl Formatter) -> serde_json::Result<String> {
    let mut bytes = Vec::new();
    value.serialize(&mut Serializer::with_formatter(&mut bytes, Escaping(layout)))?;
    Ok(String::from_utf8(bytes).expect("JSON is text"))
}

fn write_fragment<W: io::Write + ?Sized>(writer: &mut W, fragment: &str) -> io::Result<()> {
    let mut units = [0; 2];
    for character in fragment.chars() {
        if !is_active(character) {
            writer.write_all(character.encode_utf8(&mut [0; 4]).as_bytes())?;
            continue;
        }
        for unit in character.encode_utf16(&mut units) {
            write!(writer, "\\u{unit:04x}")?;
        }
    }
    Ok(())
}

/// A formatter that makes strings safe to print, around another formatter.
struct Escaping<F>(F);

macro_rules! indent_as_usual {
    ($($method:ident($($argument:ident: $kind:ty)?);)*) => {$(
        fn $method<W: io::Write + ?Sized>(&mut self, writer: &mut W $(, $argument: $kind)?) -> io::Result<()> {
            self.0.$method(writer $(, $argument)?)
        }
    )*};
}

impl<F: Formatter> Formatter for Escaping<F> {
    indent_as_usual! {
        begin_array();
        end_array();
        begin_array_value(first: bool);
        end_array_value();
        begin_object();
        end_object();
        begin_object_key(first: bool);
        begin_object_value();
        end_object_value();
    }

    fn write_string_fragment<W: io::Write + ?Sized>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        write_fragment(writer, fragment)
    }
}

#[cfg(test)]
mod tests {
    use super::{json, json_line, line, lines};

    #[test]
    fn what_drives_a_terminal_is_written_out() {
        assert_eq!(line("plain ü 漢 😀"), "plain ü 漢 😀");
        assert_eq!(
            line("a\x1b[31mb\r\nc\x7f\u{9b}d\u{202e}e"),
            "a\\u{1b}[31mb\\u{d}\\u{a}c\\u{7f}\\u{9b}d\\u{202e}e"
        );
        assert_eq!(lines("a\nb\t"), "a\nb\\u{9}");
    }

    #[test]
    fn json_stays_json() {
        let value = serde_json::json!({"k\u{202e}": ["\x1b\x7f\u{9b}", {}], "n": 1});
        let text = json(&value).unwrap();
        assert_eq!(
            text,
            "{\n  \"k\\u202e\": [\n    \"\\u001b\\u007f\\u009b\",\n    {}\n  ],\n  \"n\": 1\n}"
        );
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
        assert_eq!(json_line(&"\u{2028}").unwrap(), "\"\\u2028\"");
    }
}
