//! JSON written exactly as the rest of the ecosystem writes it, so that digests do not depend on the tool.

use std::io;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::ser::{CompactFormatter, Formatter, Serializer};

/// Serialises `value` to the bytes that Go's `encoding/json` writes for the same document.
///
/// Writes no white space and escapes `<`, `>`, `&`, U+2028 and U+2029.
///
/// # Errors
///
/// Fails if `value` cannot be represented as JSON: a map with non-string keys, or a type that fails to serialise.
pub fn to_vec<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, serde_json::Error> {
    let mut bytes = Vec::new();
    to_writer(&mut bytes, value)?;
    Ok(bytes)
}

/// Writes JSON as [`to_vec`] does, in many small pieces: `writer` should be buffered.
///
/// # Errors
///
/// As for [`to_vec`], and those of `writer`.
pub fn to_writer<T: Serialize + ?Sized>(writer: impl io::Write, value: &T) -> Result<(), serde_json::Error> {
    value.serialize(&mut Serializer::with_formatter(writer, GoFormatter))
}

/// Reads `null` as the default value, because registries and tools write it for empty lists and maps.
pub(crate) fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

struct GoFormatter;

impl Formatter for GoFormatter {
    fn write_string_fragment<W: io::Write + ?Sized>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut rest = fragment;
        while let Some(at) = rest.find(['<', '>', '&', '\u{2028}', '\u{2029}']) {
            let (plain, tail) = rest.split_at(at);
            CompactFormatter.write_string_fragment(writer, plain)?;
            let special = tail
                .chars()
                .next()
                .expect("find returned the start of a character");
            write!(writer, "\\u{:04x}", u32::from(special))?;
            rest = &tail[special.len_utf8()..];
        }
        CompactFormatter.write_string_fragment(writer, rest)
    }
}

#[cfg(test)]
mod tests {
    use super::to_vec;

    fn text(value: &str) -> String {
        String::from_utf8(to_vec(value).unwrap()).unwrap()
    }

    #[test]
    fn strings_are_escaped_as_go_does() {
        assert_eq!(text("a<b>&c"), r#""a\u003cb\u003e\u0026c""#);
        assert_eq!(text("\u{2028}\u{2029}"), r#""\u2028\u2029""#);
        assert_eq!(text("\u{1}\u{8}\u{c}\n\r\t\"\\"), r#""\u0001\b\f\n\r\t\"\\""#);
        assert_eq!(text("ü/\u{7f}"), "\"ü/\u{7f}\"");
    }
}
