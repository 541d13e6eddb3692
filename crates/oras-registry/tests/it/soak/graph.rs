//! Random graphs of every kind of manifest, with shared content.

use std::collections::HashSet;

use bytes::Bytes;
use fastrand::Rng;
use oras_content::{Descriptor, Digest, Manifest, MediaType, StoreExt, Verified};
use serde_json::{Value, json};

pub(super) const KINDS: [&str; 2] = [
    "application/vnd.example.signature",
    "application/vnd.example.sbom",
];

/// The content of a case, children before parents.
#[derive(Clone)]
pub(super) struct Graph {
    pub(super) nodes: Vec<Verified>,
    /// The roots, tagged `v0`, `v1` and so on at the source.
    pub(super) roots: Vec<Descriptor>,
}

impl Graph {
    pub(super) fn random(rng: &mut Rng) -> Self {
        let mut graph = Self {
            nodes: Vec::new(),
            roots: Vec::new(),
        };
        for _ in 0..rng.usize(1..7) {
            let blob = blob(rng);
            graph.add(MediaType::OCTET_STREAM, blob);
        }
        for _ in 0..rng.usize(1..9) {
            graph.add_manifest(rng);
        }
        let manifests: Vec<Descriptor> = graph.manifests().cloned().collect();
        graph.roots.extend(manifests.last().cloned());
        for _ in 0..rng.usize(0..4) {
            graph.roots.push(manifests[rng.usize(..manifests.len())].clone());
        }
        graph
    }

    pub(super) fn manifests(&self) -> impl Iterator<Item = &Descriptor> {
        self.nodes
            .iter()
            .map(Verified::descriptor)
            .filter(|node| node.is_manifest())
    }

    pub(super) fn find(&self, digest: &Digest) -> &Verified {
        let mut nodes = self.nodes.iter();
        nodes.find(|node| node.descriptor().digest == *digest).unwrap()
    }

    /// Returns everything a node refers to; nothing for a blob.
    pub(super) fn children(&self, node: &Descriptor) -> Vec<Descriptor> {
        if !node.is_manifest() {
            return Vec::new();
        }
        let content = self.find(&node.digest).clone();
        let (_, bytes) = content.into_parts();
        let manifest = Manifest::parse(Verified::new(node.clone(), bytes).unwrap()).unwrap();
        manifest.successors().cloned().collect()
    }

    pub(super) fn subject(&self, node: &Descriptor) -> Option<Descriptor> {
        let manifest = Manifest::parse(self.find(&node.digest).clone()).unwrap();
        manifest.subject().cloned()
    }

    /// Whether the bytes of a manifest are also a blob of another one. A destination may then have them as a blob
    /// only.
    pub(super) fn is_twofold(&self, manifest: &Descriptor) -> bool {
        let all = self.manifests().flat_map(|node| self.children(node));
        all.into_iter()
            .any(|child| child.digest == manifest.digest && !child.is_manifest())
    }

    /// Returns everything a node needs: all it refers to except its subject.
    pub(super) fn needs(&self, node: &Descriptor) -> Vec<Descriptor> {
        let mut needed = self.children(node);
        if node.is_manifest() && self.subject(node).is_some() {
            needed.remove(0);
        }
        needed
    }

    /// Returns a node and everything below it.
    pub(super) fn closure(&self, root: &Descriptor) -> Vec<Descriptor> {
        self.reached(root, |node| self.children(node))
    }

    /// Returns a node and everything it needs, recursively.
    pub(super) fn needed(&self, root: &Descriptor) -> Vec<Descriptor> {
        self.reached(root, |node| self.needs(node))
    }

    fn reached(&self, root: &Descriptor, next: impl Fn(&Descriptor) -> Vec<Descriptor>) -> Vec<Descriptor> {
        let (mut seen, mut left, mut all) = (HashSet::new(), vec![root.clone()], Vec::new());
        while let Some(node) = left.pop() {
            if seen.insert((node.digest.clone(), node.is_manifest())) {
                left.extend(next(&node));
                all.push(node);
            }
        }
        all
    }

    /// Returns the referrers of `root`, of its manifests if it is an index, and so on, with everything below them.
    pub(super) fn closure_above(&self, root: &Descriptor) -> Vec<Descriptor> {
        let (mut known, mut left) = (Vec::new(), vec![root.clone()]);
        while let Some(node) = left.pop() {
            if known.contains(&node.digest) {
                continue;
            }
            known.push(node.digest.clone());
            let is_above = |one: &&Descriptor| {
                self.subject(one)
                    .is_some_and(|subject| subject.digest == node.digest)
            };
            left.extend(self.manifests().filter(is_above).cloned());
            left.extend(self.entries(&node));
        }
        known
            .iter()
            .flat_map(|digest| self.closure(self.find(digest).descriptor()))
            .collect()
    }

    /// Returns the manifests of an index.
    fn entries(&self, node: &Descriptor) -> Vec<Descriptor> {
        let manifest = Manifest::parse(self.find(&node.digest).clone()).unwrap();
        manifest.manifests().to_vec()
    }

    /// Pushes all content to a store, without tags.
    pub(super) async fn fill(&self, store: &dyn oras_content::Writer) {
        use oras_content::WriterExt;
        for node in &self.nodes {
            store.push(node.descriptor(), node.clone()).await.unwrap();
        }
    }

    /// Whether `store` has the right bytes.
    pub(super) async fn has(&self, store: &dyn oras_content::Store, node: &Descriptor) -> bool {
        store.fetch_all(&node.plain(), 1 << 26).await.is_ok()
    }

    fn add(&mut self, media_type: MediaType, bytes: impl Into<Bytes>) {
        let node = Verified::of(media_type, bytes);
        let is_there = |known: &Verified| known.descriptor().digest == node.descriptor().digest;
        if !self.nodes.iter().any(is_there) {
            self.nodes.push(node);
        }
    }

    fn add_manifest(&mut self, rng: &mut Rng) {
        let is_docker = rng.u8(..4) == 0;
        let (media_type, mut document) = match rng.u8(..10) {
            0..5 => self.image(rng, is_docker),
            5..9 => self.index(rng, is_docker),
            _ => self.artifact(rng),
        };
        let is_docker = media_type.as_str().contains("docker");
        let manifests: Vec<Descriptor> = self.manifests().cloned().collect();
        if !is_docker && !manifests.is_empty() && rng.u8(..3) == 0 {
            let subject = &manifests[rng.usize(..manifests.len())];
            document["subject"] = plain(subject, &subject.media_type);
        }
        if !is_docker && rng.u8(..3) == 0 {
            document["annotations"] = json!({"number": rng.u8(..).to_string()});
        }
        document["mediaType"] = json!(media_type.as_str());
        self.add(media_type, serde_json::to_vec(&document).unwrap());
    }

    fn image(&self, rng: &mut Rng, is_docker: bool) -> (MediaType, Value) {
        let (own, config, layer) = match is_docker {
            true => (
                MediaType::DOCKER_MANIFEST,
                MediaType::DOCKER_CONFIG,
                MediaType::DOCKER_LAYER_GZIP,
            ),
            false => (
                MediaType::OCI_MANIFEST,
                MediaType::OCI_CONFIG,
                MediaType::OCI_LAYER,
            ),
        };
        let layers: Vec<Value> = (0..rng.usize(..5)).map(|_| self.any_blob(rng, &layer)).collect();
        let mut document = json!({
            "schemaVersion": 2, "config": self.any_blob(rng, &config), "layers": layers,
        });
        if !is_docker && rng.bool() {
            document["artifactType"] = json!(KINDS[rng.usize(..2)]);
        }
        (own, document)
    }

    fn index(&self, rng: &mut Rng, is_docker: bool) -> (MediaType, Value) {
        let own = match is_docker {
            true => MediaType::DOCKER_MANIFEST_LIST,
            false => MediaType::OCI_INDEX,
        };
        let known: Vec<&Descriptor> = self.manifests().collect();
        let mut manifests = Vec::new();
        for at in 0..rng.usize(..4).min(known.len()) {
            let child = known[rng.usize(..known.len())];
            let mut entry = plain(child, &child.media_type);
            entry["platform"] = json!({"os": "linux", "architecture": (["amd64", "arm64"][at % 2])});
            manifests.push(entry);
        }
        let document = json!({"schemaVersion": 2, "manifests": manifests});
        (own, document)
    }

    fn artifact(&self, rng: &mut Rng) -> (MediaType, Value) {
        let blobs: Vec<Value> = (0..rng.usize(..3))
            .map(|_| self.any_blob(rng, &MediaType::OCTET_STREAM))
            .collect();
        let document = json!({"artifactType": KINDS[rng.usize(..2)], "blobs": blobs});
        (MediaType::OCI_ARTIFACT, document)
    }

    /// Returns a descriptor of a blob with some media type, sometimes with embedded data, and rarely of the bytes of
    /// a manifest.
    fn any_blob(&self, rng: &mut Rng, media_type: &MediaType) -> Value {
        let blobs = self.nodes.iter().filter(|node| !node.descriptor().is_manifest());
        let manifests: Vec<&Verified> = self
            .nodes
            .iter()
            .filter(|node| node.descriptor().is_manifest())
            .collect();
        let blobs: Vec<&Verified> = blobs.collect();
        let pool = match !manifests.is_empty() && rng.u8(..30) == 0 {
            true => manifests,
            false => blobs,
        };
        let node = pool[rng.usize(..pool.len())];
        let media_type = match rng.u8(..4) {
            0 => MediaType::OCTET_STREAM,
            _ => media_type.clone(),
        };
        let mut entry = plain(node.descriptor(), &media_type);
        if node.bytes().len() < 100 && rng.u8(..6) == 0 {
            entry["data"] = json!(base64(node.bytes()));
        }
        entry
    }
}

fn plain(node: &Descriptor, media_type: &MediaType) -> Value {
    json!({"mediaType": media_type.as_str(), "digest": node.digest.to_string(), "size": node.size})
}

fn blob(rng: &mut Rng) -> Vec<u8> {
    let len = match rng.u8(..40) {
        0..4 => 0,
        4 => 1 << 20,
        5 => (1 << 20) + 70_001,
        6..8 => 300_000,
        8 => return b"{}".to_vec(),
        _ => rng.usize(1..200),
    };
    let mut bytes = vec![0; len];
    rng.fill(&mut bytes);
    bytes
}

/// RFC 4648, section 4.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let byte = |at: usize| u32::from(three.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for at in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * at) & 63) as usize];
            text.push(if at > three.len() { '=' } else { char::from(digit) });
        }
    }
    text
}
