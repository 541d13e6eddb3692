//! `Scanner`: the grammar of `WWW-Authenticate`.

/// A raw challenge: scheme and names in lower case, parameters in order.
pub(crate) struct Raw {
    pub(crate) scheme: String,
    pub(crate) parameters: Vec<(String, String)>,
}

/// Parses one challenge after another from the start of a field.
///
/// Spec: RFC 9110, section 11.6.1; appendix A for `challenge` and `auth-param`.
pub(crate) struct Scanner<'a> {
    rest: &'a [u8],
}

impl<'a> Scanner<'a> {
    pub(crate) fn new(field: &'a [u8]) -> Self {
        Self { rest: field }
    }

    /// The next challenge of the list, or `None` at its end.
    pub(crate) fn challenge(&mut self) -> Option<Raw> {
        let scheme = loop {
            self.skip(|byte| byte == b',' || is_space(byte));
            match self.token() {
                b"" if self.rest.is_empty() => return None,
                // Not the start of a challenge: skip to the next element.
                b"" => self.skip_element(),
                token => break lower(token),
            }
        };
        let mut parameters = Vec::new();
        loop {
            let before = self.rest;
            self.skip(|byte| byte == b',' || is_space(byte));
            let name = self.token();
            self.skip(is_space);
            match (name, self.rest.first()) {
                (b"", None) => break,
                (b"", Some(_)) => self.skip_element(),
                (name, Some(b'=')) => {
                    self.rest = &self.rest[1..];
                    self.skip(is_space);
                    if let Some(value) = self.value() {
                        parameters.push((lower(name), value));
                    }
                    // Anything between a value and the next comma is malformed, or the end of a token68.
                    self.skip_element();
                }
                // A token without `=` is the next scheme, unless it is a token68 directly after this one.
                _ => {
                    if before.first().is_some_and(|byte| is_space(*byte)) && !has_comma(before, self.rest) {
                        self.skip_element();
                        continue;
                    }
                    self.rest = before;
                    break;
                }
            }
        }
        Some(Raw { scheme, parameters })
    }

    fn skip(&mut self, skipped: impl Fn(u8) -> bool) {
        let end = self
            .rest
            .iter()
            .position(|byte| !skipped(*byte))
            .unwrap_or(self.rest.len());
        self.rest = &self.rest[end..];
    }

    fn token(&mut self) -> &'a [u8] {
        let end = self
            .rest
            .iter()
            .position(|byte| !is_token(*byte))
            .unwrap_or(self.rest.len());
        let (token, rest) = self.rest.split_at(end);
        self.rest = rest;
        token
    }

    fn value(&mut self) -> Option<String> {
        if self.rest.first() == Some(&b'"') {
            return self.quoted();
        }
        let end = self
            .rest
            .iter()
            .position(|byte| *byte == b',' || is_space(*byte))
            .unwrap_or(self.rest.len());
        let (value, rest) = self.rest.split_at(end);
        self.rest = rest;
        Some(text(value))
    }

    fn quoted(&mut self) -> Option<String> {
        let mut value = Vec::new();
        let mut index = 1;
        while let Some(byte) = self.rest.get(index) {
            match byte {
                b'"' => {
                    self.rest = &self.rest[index + 1..];
                    return Some(text(&value));
                }
                b'\\' => {
                    index += 1;
                    value.extend(self.rest.get(index));
                }
                _ => value.push(*byte),
            }
            index += 1;
        }
        // Without a closing quote, the end of the value is unknown.
        self.rest = &[];
        None
    }

    /// Skips to the comma that ends this element, and over quoted strings.
    fn skip_element(&mut self) {
        while let Some(byte) = self.rest.first() {
            match byte {
                b',' => return,
                b'"' => {
                    self.quoted();
                }
                _ => self.rest = &self.rest[1..],
            }
        }
    }
}

fn has_comma(before: &[u8], after: &[u8]) -> bool {
    before[..before.len() - after.len()].contains(&b',')
}

fn is_space(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

fn lower(token: &[u8]) -> String {
    text(token).to_ascii_lowercase()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
