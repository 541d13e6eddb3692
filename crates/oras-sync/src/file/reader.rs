//! Reading YAML into a tree with line numbers.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span};

use super::FileError;

/// Maximum depth and number of nodes of a tree, with aliases expanded: plans are written by hand.
const DEPTH: usize = 32;
const NODES: usize = 100_000;

#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) line: usize,
    pub(super) value: Value,
}

#[derive(Clone, Debug)]
pub(super) enum Value {
    /// A text, and whether it was written without quotes, so that it may have another type.
    Scalar {
        text: String,
        is_plain: bool,
    },
    List(Vec<Node>),
    /// The members, with the lines of their names.
    Map(Vec<(String, usize, Node)>),
}

impl Node {
    /// Returns the number of nodes in this subtree.
    fn size(&self) -> usize {
        1 + match &self.value {
            Value::Scalar { .. } => 0,
            Value::List(items) => items.iter().map(Self::size).sum(),
            Value::Map(members) => members.iter().map(|(_, _, node)| node.size()).sum(),
        }
    }
}

/// A list or map that is still being read.
struct Open {
    node: Node,
    anchor: usize,
    /// The name of the next member, and its line.
    key: Option<(String, usize)>,
}

#[derive(Default)]
struct Tree {
    open: Vec<Open>,
    anchors: HashMap<usize, Node>,
    nodes: usize,
    root: Option<Node>,
}

/// Reads a text that has exactly one document.
pub(super) fn read(text: &str) -> Result<Node, FileError> {
    let mut tree = Tree::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| not_yaml(&error))?;
        tree.take(event, span)?;
    }
    tree.root.ok_or_else(|| FileError::at(1, "the file is empty"))
}

fn not_yaml(error: &ScanError) -> FileError {
    FileError::at(
        error.marker().line(),
        format!("this is no YAML: {}", error.info()),
    )
}

impl Tree {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), FileError> {
        let line = span.start.line();
        match event {
            Event::Scalar(text, style, anchor, _) => {
                let value = Value::Scalar {
                    text: text.into_owned(),
                    is_plain: style == ScalarStyle::Plain,
                };
                self.count(1, line)?;
                self.close(Node { line, value }, anchor)
            }
            Event::SequenceStart(anchor, _) => self.start(line, Value::List(Vec::new()), anchor),
            Event::MappingStart(anchor, _) => self.start(line, Value::Map(Vec::new()), anchor),
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(open) => self.close(merged(open.node), open.anchor),
                None => Ok(()),
            },
            Event::Alias(anchor) => {
                let node = self.anchors.get(&anchor).cloned();
                let mut node =
                    node.ok_or_else(|| FileError::at(line, "an alias refers to a node that contains it"))?;
                self.count(node.size(), line)?;
                node.line = line;
                self.close(node, 0)
            }
            Event::DocumentStart(_) if self.root.is_some() => {
                Err(FileError::at(line, "a second document starts here: write one"))
            }
            _ => Ok(()),
        }
    }

    fn count(&mut self, nodes: usize, line: usize) -> Result<(), FileError> {
        self.nodes = self.nodes.saturating_add(nodes);
        match self.nodes <= NODES && self.open.len() <= DEPTH {
            true => Ok(()),
            false => Err(FileError::at(
                line,
                "the file is too large or too deep for a plan",
            )),
        }
    }

    fn start(&mut self, line: usize, value: Value, anchor: usize) -> Result<(), FileError> {
        self.open.push(Open {
            node: Node { line, value },
            anchor,
            key: None,
        });
        self.count(1, line)
    }

    /// Adds a completed node to its parent.
    fn close(&mut self, node: Node, anchor: usize) -> Result<(), FileError> {
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        let Some(parent) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        match &mut parent.node.value {
            Value::List(items) => items.push(node),
            Value::Map(members) => match (parent.key.take(), node.value) {
                (Some((name, at)), value) => {
                    let line = node.line;
                    members.push((name, at, Node { line, value }));
                }
                (None, Value::Scalar { text, .. }) => {
                    if members.iter().any(|(known, _, _)| *known == text) {
                        return Err(FileError::at(node.line, format!("{text} appears twice")));
                    }
                    parent.key = Some((text, node.line));
                }
                (None, _) => return Err(FileError::at(node.line, "the name of a member is a text")),
            },
            Value::Scalar { .. } => {}
        }
        Ok(())
    }
}

/// Expands `<<` merge keys of a map.
fn merged(mut node: Node) -> Node {
    let Value::Map(members) = &mut node.value else {
        return node;
    };
    let Some(at) = members.iter().position(|(name, _, _)| name == "<<") else {
        return node;
    };
    let (_, _, from) = members.remove(at);
    let sources = match from.value {
        Value::List(items) => items,
        value => vec![Node { value, ..from }],
    };
    for source in sources {
        let Value::Map(more) = source.value else { continue };
        for member in more {
            if !members.iter().any(|(known, _, _)| *known == member.0) {
                members.push(member);
            }
        }
    }
    node
}

#[cfg(test)]
mod tests {
    use super::{Value, read};

    #[test]
    fn anchors_and_merges_stand_for_what_they_name() {
        let root = read("a: &x {k: 1, l: 2}\nb:\n  <<: *x\n  k: 3\nc: *x\n").unwrap();
        let Value::Map(members) = root.value else { panic!() };
        let Value::Map(b) = &members[1].2.value else {
            panic!()
        };
        let names: Vec<&str> = b.iter().map(|(name, _, _)| name.as_str()).collect();
        assert_eq!(names, ["k", "l"]);
        assert_eq!(members[2].2.line, 5);
    }

    #[test]
    fn what_is_no_plan_is_refused_with_its_line() {
        let bomb = (1..9).fold("a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned(), |text, n| {
            let alias = format!("*a{}", n - 1);
            format!("{text}a{n}: &a{n} [{}]\n", [alias.as_str(); 9].join(", "))
        });
        let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
        for (text, line) in [
            ("a: [", 1),
            ("a: 1\nb: 2\na: 3\n", 3),
            ("a: 1\n---\nb: 2\n", 2),
            ("", 1),
            ("? [a]\n: b\n", 1),
            (&bomb, 6),
            (&deep, 1),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.line().abs_diff(line) <= 1, "{text:.60}: {error}");
        }
    }
}
