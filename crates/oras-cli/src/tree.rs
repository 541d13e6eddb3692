//! Trees of referrers, as text and as JSON. Nothing here recurses, because the depth of a tree is up to whoever attaches
//! referrers.

use std::collections::HashMap;

use oras::Descriptor;

use crate::{format, printable};

/// Maximum number of levels shown by indentation; deeper levels are numbered.
const MAX_INDENT: usize = 20;

/// A manifest with all its referrers that were found.
pub(crate) struct Tree {
    /// The root comes first, and every other node after its subject.
    nodes: Vec<Node>,
}

struct Node {
    descriptor: Descriptor,
    level: usize,
    referrers: Vec<usize>,
}

impl Tree {
    pub(crate) fn new(root: Descriptor) -> Self {
        let root = Node {
            descriptor: root,
            level: 0,
            referrers: Vec::new(),
        };
        Self { nodes: vec![root] }
    }

    /// Adds a referrer to the node `of`, and returns the number of the new node.
    pub(crate) fn add(&mut self, of: usize, descriptor: Descriptor) -> usize {
        let id = self.nodes.len();
        self.nodes[of].referrers.push(id);
        self.nodes.push(Node {
            descriptor,
            level: self.nodes[of].level + 1,
            referrers: Vec::new(),
        });
        id
    }

    pub(crate) fn descriptor(&self, id: usize) -> &Descriptor {
        &self.nodes[id].descriptor
    }

    pub(crate) fn level(&self, id: usize) -> usize {
        self.nodes[id].level
    }

    /// Returns the number of referrers.
    pub(crate) fn len(&self) -> usize {
        self.nodes.len() - 1
    }

    /// Returns the referrers of the root itself.
    pub(crate) fn first_level(&self) -> Vec<&Descriptor> {
        let referrers = self.nodes[0].referrers.iter();
        referrers.map(|id| &self.nodes[*id].descriptor).collect()
    }

    /// Draws the tree below the line `name@digest`, optionally with annotations.
    pub(crate) fn draw(&self, name: &str, annotations: bool) -> String {
        let mut drawing = Drawing {
            tree: self,
            annotations,
            drawn: format!("{}@{}\n", printable::line(name), self.nodes[0].descriptor.digest),
            left: Vec::new(),
        };
        drawing.push_types(0, "");
        while let Some(next) = drawing.left.pop() {
            drawing.step(next);
        }
        drawing.drawn
    }

    /// Returns the JSON document of the tree, with `members` added to the root.
    pub(crate) fn json(&self, name: &str, members: &[(&str, String)]) -> serde_json::Result<String> {
        let mut written = String::new();
        let mut left = vec![Part::Open(0)];
        while let Some(part) = left.pop() {
            match part {
                Part::Text(text) => written.push_str(&text),
                Part::Open(id) => {
                    written.push_str(&self.open(id, name, if id == 0 { members } else { &[] })?);
                    self.push_parts(id, &mut left);
                }
            }
        }
        Ok(written)
    }

    /// Writes the members of a node, up to the start of its list of referrers.
    fn open(&self, id: usize, name: &str, members: &[(&str, String)]) -> serde_json::Result<String> {
        let mut object = format::described(name, &self.nodes[id].descriptor);
        for (key, value) in members {
            object.insert((*key).to_owned(), value.as_str().into());
        }
        let text = printable::json(&object)?;
        let text = text.strip_suffix("\n}").unwrap_or(&text);
        let indent = self.indent(id);
        let indented = text.replace('\n', &format!("\n{indent}"));
        Ok(format!("{indented},\n{indent}  \"referrers\": ["))
    }

    /// Adds what follows the start of a list: its entries, and its end.
    fn push_parts(&self, id: usize, left: &mut Vec<Part>) {
        let (indent, referrers) = (self.indent(id), &self.nodes[id].referrers);
        let before_end = if referrers.is_empty() {
            String::new()
        } else {
            format!("\n{indent}  ")
        };
        left.push(Part::Text(format!("{before_end}]\n{indent}}}")));
        for (index, referrer) in referrers.iter().enumerate().rev() {
            let comma = if index == 0 { "" } else { "," };
            left.push(Part::Open(*referrer));
            left.push(Part::Text(format!("{comma}\n{}", self.indent(*referrer))));
        }
    }

    fn indent(&self, id: usize) -> String {
        "    ".repeat(self.nodes[id].level.min(MAX_INDENT))
    }
}

enum Part {
    Open(usize),
    Text(String),
}

/// The items still to be drawn, the next one last.
enum Left<'a> {
    Type {
        kind: &'a str,
        nodes: Vec<usize>,
        indent: String,
        is_last: bool,
    },
    Node {
        id: usize,
        indent: String,
        is_last: bool,
    },
}

struct Drawing<'a> {
    tree: &'a Tree,
    annotations: bool,
    drawn: String,
    left: Vec<Left<'a>>,
}

impl<'a> Drawing<'a> {
    fn step(&mut self, next: Left<'a>) {
        match next {
            Left::Type {
                kind,
                nodes,
                indent,
                is_last,
            } => {
                let level = self.tree.level(nodes[0]);
                let inner = self.entry(&indent, is_last, level, kind);
                let last = nodes.len() - 1;
                for (index, id) in nodes.into_iter().enumerate().rev() {
                    self.left.push(Left::Node {
                        id,
                        indent: inner.clone(),
                        is_last: index == last,
                    });
                }
            }
            Left::Node { id, indent, is_last } => self.node(id, &indent, is_last),
        }
    }

    fn node(&mut self, id: usize, indent: &str, is_last: bool) {
        let node = &self.tree.nodes[id];
        let inner = self.entry(indent, is_last, node.level, node.descriptor.digest.as_str());
        let annotations = &node.descriptor.annotations;
        if self.annotations && !annotations.is_empty() {
            let lines = self.entry(&inner, node.referrers.is_empty(), 0, "[annotations]");
            let last = annotations.len() - 1;
            for (index, (key, value)) in annotations.iter().enumerate() {
                self.entry(&lines, index == last, 0, &format!("{key}: {value}"));
            }
        }
        self.push_types(id, &inner);
    }

    /// Adds the referrers of a node, grouped by artifact type in order of appearance.
    fn push_types(&mut self, id: usize, indent: &str) {
        let tree = self.tree;
        let mut groups: Vec<(&'a str, Vec<usize>)> = Vec::new();
        let mut known: HashMap<&'a str, usize> = HashMap::new();
        for referrer in &tree.nodes[id].referrers {
            let kind = type_of(&tree.nodes[*referrer].descriptor);
            let group = *known.entry(kind).or_insert(groups.len());
            match groups.get_mut(group) {
                Some((_, nodes)) => nodes.push(*referrer),
                None => groups.push((kind, vec![*referrer])),
            }
        }
        let count = groups.len();
        for (index, (kind, nodes)) in groups.into_iter().enumerate().rev() {
            self.left.push(Left::Type {
                kind,
                nodes,
                indent: indent.to_owned(),
                is_last: index + 1 == count,
            });
        }
    }

    /// Draws one line, and returns the indentation of the lines below it.
    fn entry(&mut self, indent: &str, is_last: bool, level: usize, text: &str) -> String {
        let (branch, below) = if is_last {
            ("└── ", "    ")
        } else {
            ("├── ", "│   ")
        };
        let text = printable::line(text);
        if level > MAX_INDENT {
            self.drawn
                .push_str(&format!("{indent}{branch}[level {level}] {text}\n"));
            return indent.to_owned();
        }
        self.drawn.push_str(&format!("{indent}{branch}{text}\n"));
        format!("{indent}{below}")
    }
}

fn type_of(descriptor: &Descriptor) -> &str {
    match &descriptor.artifact_type {
        Some(kind) => kind.as_str(),
        None => "<unknown>",
    }
}

#[cfg(test)]
mod tests {
    use oras::MediaType;

    use super::*;

    fn described(text: &str, kind: &'static str) -> Descriptor {
        Descriptor::of(MediaType::OCI_MANIFEST, text.as_bytes())
            .with_artifact_type(MediaType::from_static(kind))
            .with_annotation("key", "value")
    }

    #[test]
    fn referrers_are_grouped_by_type() {
        let mut tree = Tree::new(described("root", "app/x"));
        let first = tree.add(0, described("1", "sig/x"));
        tree.add(first, described("2", "time/x"));
        tree.add(0, described("3", "sbom/x"));
        tree.add(0, described("4", "sig/x"));
        let digest = |text: &str| oras::Digest::sha256(text.as_bytes()).to_string();
        let expected = format!(
            "reg/app@{}\n\
             ├── sig/x\n\
             │   ├── {}\n\
             │   │   └── time/x\n\
             │   │       └── {}\n\
             │   └── {}\n\
             └── sbom/x\n    \
                 └── {}\n",
            digest("root"),
            digest("1"),
            digest("2"),
            digest("4"),
            digest("3"),
        );
        assert_eq!(tree.draw("reg/app", false), expected);
        assert!(
            tree.draw("reg/app", true)
                .contains("[annotations]\n│   │   │   └── key: value")
        );
        let json: serde_json::Value = serde_json::from_str(&tree.json("reg/app", &[]).unwrap()).unwrap();
        assert_eq!(json["referrers"][0]["referrers"][0]["digest"], digest("2"));
        assert_eq!(json["referrers"][2]["referrers"], serde_json::json!([]));
    }

    #[test]
    fn a_deep_tree_is_drawn_within_bounds() {
        let mut tree = Tree::new(described("root", "app/x"));
        let mut last = 0;
        for level in 0..50_000 {
            last = tree.add(last, described(&level.to_string(), "sig/x"));
        }
        let drawn = tree.draw("reg/app", true);
        assert!(drawn.len() < 50_000 * 1000, "{}", drawn.len());
        assert!(drawn.contains("[level 50000] sha256:"));
        let json = tree.json("reg/app", &[("truncated", "x".into())]).unwrap();
        assert!(json.len() < 50_000 * 2000, "{}", json.len());
        assert!(json.contains("\"truncated\": \"x\""));
    }
}
