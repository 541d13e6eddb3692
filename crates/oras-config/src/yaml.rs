//! Parses YAML maps of strings into a tree with line numbers.

use std::path::Path;

use saphyr_parser::{Event, Parser, ScalarStyle};

use crate::{Error, Origin};

/// Maximum depth of maps. Configuration files need three.
const DEPTH: usize = 8;

/// A value, and the line on which it starts.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) line: usize,
    pub(crate) value: Value,
}

#[derive(Debug)]
pub(crate) enum Value {
    /// No value, as after a name alone.
    Nothing,
    /// A string, and whether it is unquoted, so that it may have another type.
    Text {
        text: String,
        is_plain: bool,
    },
    Map(Vec<Member>),
}

#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) name: String,
    /// The line of the name.
    pub(crate) line: usize,
    pub(crate) node: Node,
}

/// A map that is not complete yet.
struct Open {
    line: usize,
    members: Vec<Member>,
    /// The name of the next member, and its line.
    name: Option<(String, usize)>,
}

struct Tree<'a> {
    file: &'a Path,
    open: Vec<Open>,
    root: Option<Node>,
}

/// Parses a text with one document. Returns `None` if it is empty.
pub(crate) fn read(file: &Path, text: &str) -> Result<Option<Node>, Error> {
    let mut tree = Tree {
        file,
        open: Vec::new(),
        root: None,
    };
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| syntax(file, error.marker().line(), error.info()))?;
        tree.take(event, span.start.line())?;
    }
    Ok(tree.root)
}

fn syntax(file: &Path, line: usize, reason: &str) -> Error {
    Error::Syntax {
        at: Origin::line(file, line.max(1)),
        reason: reason.to_owned(),
    }
}

impl Tree<'_> {
    fn take(&mut self, event: Event<'_>, line: usize) -> Result<(), Error> {
        match event {
            Event::Scalar(text, style, ..) => self.text(&text, style == ScalarStyle::Plain, line),
            Event::MappingStart(..) if self.open.len() == DEPTH => self.refuse(line, "maps are too deep"),
            Event::MappingStart(..) => {
                self.open.push(Open {
                    line,
                    members: Vec::new(),
                    name: None,
                });
                Ok(())
            }
            Event::MappingEnd => match self.open.pop() {
                Some(map) => self.close(Node {
                    line: map.line,
                    value: Value::Map(map.members),
                }),
                None => Ok(()),
            },
            Event::SequenceStart(..) => self.refuse(line, "no list is allowed here"),
            Event::Alias(_) => self.refuse(line, "no alias is allowed here"),
            Event::DocumentStart(_) if self.root.is_some() => {
                self.refuse(line, "a second document starts here")
            }
            _ => Ok(()),
        }
    }

    fn refuse(&self, line: usize, reason: &str) -> Result<(), Error> {
        Err(syntax(self.file, line, reason))
    }

    fn text(&mut self, text: &str, is_plain: bool, line: usize) -> Result<(), Error> {
        let value = match text {
            "" | "~" | "null" if is_plain => Value::Nothing,
            text => Value::Text {
                text: text.to_owned(),
                is_plain,
            },
        };
        self.close(Node { line, value })
    }

    /// Adds a complete node: the name of a member, its value, or the document.
    fn close(&mut self, node: Node) -> Result<(), Error> {
        let Some(map) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        match (map.name.take(), node.value) {
            (Some((name, line)), value) => map.members.push(Member {
                name,
                line,
                node: Node { value, ..node },
            }),
            (None, Value::Text { text, .. }) if map.members.iter().any(|member| member.name == text) => {
                return self.refuse(node.line, &format!("{text:?} appears twice"));
            }
            (None, Value::Text { text, .. }) => map.name = Some((text, node.line)),
            (None, _) => return self.refuse(node.line, "the name of a member is a text"),
        }
        Ok(())
    }
}
