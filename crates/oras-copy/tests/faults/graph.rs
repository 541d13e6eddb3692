//! The copied artifact: an index of two images that share a layer, with a signature.

use std::collections::HashSet;

use bytes::Bytes;
use oras_content::{Descriptor, Digest, ImageIndex, ImageManifest, MediaType, Verified, WriterExt};
use oras_memory::MemoryStore;

/// The size of the large layer: more than one frame, but quick to hash.
pub(crate) const LARGE: u64 = 70_000;

pub(crate) struct Node {
    pub(crate) descriptor: Descriptor,
    content: Bytes,
    /// The nodes it refers to, including its subject.
    pub(crate) children: Vec<Digest>,
}

pub(crate) struct Graph {
    pub(crate) index: Descriptor,
    /// The image with the large layer.
    pub(crate) amd64: Descriptor,
    pub(crate) large: Descriptor,
    /// The layer of both images.
    pub(crate) shared: Descriptor,
    pub(crate) signature: Descriptor,
    /// The nodes, children before parents.
    nodes: Vec<Node>,
}

impl Graph {
    /// Creates a graph. Graphs with different labels share only the shared layer.
    pub(crate) fn new(label: &str) -> Self {
        let mut nodes = Vec::new();
        let shared = blob(&mut nodes, b"a layer of both images".to_vec());
        let mut content = label.as_bytes().to_vec();
        content.resize(usize::try_from(LARGE).unwrap(), b'x');
        let large = blob(&mut nodes, content);
        let amd64 = image(
            &mut nodes,
            &format!("amd64 of {label}"),
            vec![shared.clone(), large.clone()],
        );
        let arm64 = image(&mut nodes, &format!("arm64 of {label}"), vec![shared.clone()]);
        let index = ImageIndex::new(vec![amd64.clone(), arm64.clone()]).to_content();
        let index = push(&mut nodes, index, vec![amd64.digest.clone(), arm64.digest]);
        let signature = signature(&mut nodes, label, &index);
        Self {
            index,
            amd64,
            large,
            shared,
            signature,
            nodes,
        }
    }

    /// Pushes everything to `store`, with the tag `v1`.
    pub(crate) async fn fill(&self, store: &MemoryStore) {
        for node in &self.nodes {
            store.push(&node.descriptor, node.content.clone()).await.unwrap();
        }
        store.tag(&self.index, "v1").await.unwrap();
    }

    pub(crate) fn node(&self, digest: &Digest) -> &Node {
        let mut nodes = self.nodes.iter();
        let found = nodes.find(|node| node.descriptor.digest == *digest);
        found.expect("the graph has all that its nodes refer to")
    }

    /// Returns `root` and everything reachable from it.
    pub(crate) fn reached(&self, root: &Descriptor) -> Vec<&Descriptor> {
        let mut left = vec![&root.digest];
        let mut seen = HashSet::new();
        while let Some(digest) = left.pop() {
            if seen.insert(digest) {
                left.extend(&self.node(digest).children);
            }
        }
        seen.into_iter()
            .map(|digest| &self.node(digest).descriptor)
            .collect()
    }

    pub(crate) fn all(&self) -> HashSet<Digest> {
        self.nodes
            .iter()
            .map(|node| node.descriptor.digest.clone())
            .collect()
    }
}

fn blob(nodes: &mut Vec<Node>, content: Vec<u8>) -> Descriptor {
    push(
        nodes,
        Verified::of(MediaType::from_static("text/plain"), content),
        Vec::new(),
    )
}

fn push(nodes: &mut Vec<Node>, content: Verified, children: Vec<Digest>) -> Descriptor {
    let descriptor = content.descriptor().clone();
    nodes.push(Node {
        descriptor: descriptor.clone(),
        content: content.bytes().clone(),
        children,
    });
    descriptor
}

fn image(nodes: &mut Vec<Node>, config: &str, layers: Vec<Descriptor>) -> Descriptor {
    let config = blob(nodes, config.as_bytes().to_vec());
    let mut children = vec![config.digest.clone()];
    children.extend(layers.iter().map(|layer| layer.digest.clone()));
    let mut image = ImageManifest::new(config);
    image.layers = layers;
    push(nodes, image.to_content(), children)
}

fn signature(nodes: &mut Vec<Node>, label: &str, subject: &Descriptor) -> Descriptor {
    let config = blob(nodes, format!("how {label} was signed").into_bytes());
    let layer = blob(nodes, format!("the signature of {label}").into_bytes());
    let children = vec![
        config.digest.clone(),
        layer.digest.clone(),
        subject.digest.clone(),
    ];
    let mut signature = ImageManifest::new(config);
    signature.layers = vec![layer];
    signature.subject = Some(subject.clone());
    signature.artifact_type = Some(MediaType::from_static("application/vnd.test.signature"));
    push(nodes, signature.to_content(), children)
}
