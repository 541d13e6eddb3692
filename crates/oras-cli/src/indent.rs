//! Indents third-party JSON; the order of members, the numbers and the escapes are kept.

/// Formats `json`, which must be valid, with one line per member and element.
pub(crate) fn indented(json: &str) -> String {
    let mut writer = Writer::default();
    let mut left = json;
    while let Some(next) = left.chars().next() {
        let token = match next {
            '"' => string(left),
            _ => &left[..next.len_utf8()],
        };
        writer.write(token);
        left = &left[token.len()..];
    }
    writer.text
}

/// Returns the string at the start of `json`, including its quotes.
fn string(json: &str) -> &str {
    let mut is_escaped = false;
    for (at, byte) in json.bytes().enumerate().skip(1) {
        match byte {
            b'"' if !is_escaped => return &json[..=at],
            b'\\' => is_escaped = !is_escaped,
            _ => is_escaped = false,
        }
    }
    json
}

#[derive(Default)]
struct Writer {
    text: String,
    level: usize,
    /// Whether an object or array was just opened and is still empty.
    is_open: bool,
}

impl Writer {
    fn write(&mut self, token: &str) {
        match token {
            " " | "\t" | "\r" | "\n" => return,
            "}" | "]" => {
                self.level = self.level.saturating_sub(1);
                if !std::mem::take(&mut self.is_open) {
                    self.start_line();
                }
            }
            _ if std::mem::take(&mut self.is_open) => self.start_line(),
            _ => {}
        }
        self.text.push_str(token);
        match token {
            "{" | "[" => {
                self.level += 1;
                self.is_open = true;
            }
            "," => self.start_line(),
            ":" => self.text.push(' '),
            _ => {}
        }
    }

    fn start_line(&mut self) {
        self.text.push('\n');
        self.text.extend(std::iter::repeat_n("  ", self.level));
    }
}

#[cfg(test)]
mod tests {
    use super::indented;

    #[test]
    fn only_the_spaces_between_tokens_change() {
        assert_eq!(
            indented(r#"{ "b":[1.0,  -2e3,[],{} ],"a":{"x:,{\\":"\" ]","n":null}}"#),
            "{\n  \"b\": [\n    1.0,\n    -2e3,\n    [],\n    {}\n  ],\n  \"a\": {\n    \"x:,{\\\\\": \"\\\" ]\",\n    \"n\": null\n  }\n}"
        );
        assert_eq!(indented("[ ]"), "[]");
        assert_eq!(indented("17"), "17");
    }
}
