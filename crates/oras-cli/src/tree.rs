//! Trees of referrers, drawn for people.

use oras::Descriptor;

/// A manifest and what refers to it.
pub(crate) struct Node {
    pub(crate) descriptor: Descriptor,
    pub(crate) referrers: Vec<Self>,
}

/// Draws what refers to `root`, below the line `name@digest`; with annotations where they are wanted.
pub(crate) fn draw(name: &str, root: &Node, annotations: bool) -> String {
    let mut drawn = format!("{name}@{}\n", root.descriptor.digest);
    Drawing {
        annotations,
        drawn: &mut drawn,
    }
    .types(&root.referrers, "");
    drawn
}

struct Drawing<'a> {
    annotations: bool,
    drawn: &'a mut String,
}

impl Drawing<'_> {
    /// Referrers, grouped by artifact type in order of appearance.
    fn types(&mut self, referrers: &[Node], indent: &str) {
        let mut types: Vec<&str> = Vec::new();
        for node in referrers {
            if !types.contains(&type_of(node)) {
                types.push(type_of(node));
            }
        }
        for (index, kind) in types.iter().enumerate() {
            let inner = self.entry(indent, index + 1 == types.len(), kind);
            let nodes: Vec<&Node> = referrers.iter().filter(|node| type_of(node) == *kind).collect();
            for (index, node) in nodes.iter().enumerate() {
                self.node(node, &inner, index + 1 == nodes.len());
            }
        }
    }

    fn node(&mut self, node: &Node, indent: &str, is_last: bool) {
        let inner = self.entry(indent, is_last, node.descriptor.digest.as_str());
        let shows = self.annotations && !node.descriptor.annotations.is_empty();
        if shows {
            let lines = self.entry(&inner, node.referrers.is_empty(), "[annotations]");
            let count = node.descriptor.annotations.len();
            for (index, (key, value)) in node.descriptor.annotations.iter().enumerate() {
                self.entry(&lines, index + 1 == count, &format!("{key}: {value}"));
            }
        }
        self.types(&node.referrers, &inner);
    }

    /// One line; the indentation of what is below it.
    fn entry(&mut self, indent: &str, is_last: bool, text: &str) -> String {
        let (branch, below) = if is_last {
            ("└── ", "    ")
        } else {
            ("├── ", "│   ")
        };
        let text: String = text
            .chars()
            .map(|character| if character.is_control() { ' ' } else { character })
            .collect();
        self.drawn.push_str(&format!("{indent}{branch}{text}\n"));
        format!("{indent}{below}")
    }
}

fn type_of(node: &Node) -> &str {
    match &node.descriptor.artifact_type {
        Some(kind) => kind.as_str(),
        None => "<unknown>",
    }
}

#[cfg(test)]
mod tests {
    use oras::MediaType;

    use super::*;

    fn node(text: &str, kind: &'static str, referrers: Vec<Node>) -> Node {
        let descriptor = Descriptor::of(MediaType::OCI_MANIFEST, text.as_bytes())
            .with_artifact_type(MediaType::from_static(kind))
            .with_annotation("key", "value");
        Node {
            descriptor,
            referrers,
        }
    }

    #[test]
    fn referrers_are_grouped_by_type() {
        let root = node(
            "root",
            "app/x",
            vec![
                node("1", "sig/x", vec![node("2", "time/x", vec![])]),
                node("3", "sbom/x", vec![]),
                node("4", "sig/x", vec![]),
            ],
        );
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
        assert_eq!(draw("reg/app", &root, false), expected);
        assert!(draw("reg/app", &root, true).contains("[annotations]\n│   │   │   └── key: value"));
    }
}
