//! The content of the destination before a copy.

use oras_content::{Descriptor, StoreExt, WriterExt};

use super::case::Before;
use super::world::World;

impl World {
    /// Pushes the initial content to the destination.
    pub(super) async fn prepare(&mut self, rng: &mut fastrand::Rng) {
        let mut there: Vec<Descriptor> = Vec::new();
        for node in &self.graph.nodes {
            let node = node.descriptor();
            let is_chosen = rng.u8(..3) == 0;
            match self.case.before {
                Before::Blobs if is_chosen && !node.is_manifest() => there.push(node.clone()),
                Before::Hollow if is_chosen && node.is_manifest() => there.push(node.clone()),
                Before::Graphs | Before::Damaged if is_chosen && node.is_manifest() => {
                    there.extend(self.graph.closure(node));
                }
                _ => {}
            }
        }
        let store = self.plain_destination().await;
        let writer = store.as_writer().unwrap();
        for node in &self.graph.nodes {
            let digest = &node.descriptor().digest;
            let mut kinds = there.iter().filter(|there| there.digest == *digest);
            let is_manifest = kinds.clone().any(Descriptor::is_manifest);
            if let Some(first) = kinds.next() {
                let kind = if is_manifest { node.descriptor() } else { first }.plain();
                writer.push(&kind, node.bytes().clone()).await.unwrap();
                self.before.insert(digest.clone());
            }
        }
        let manifests: Vec<_> = there.iter().filter(|node| node.is_manifest()).collect();
        if self.case.before == Before::Graphs && rng.bool() && !manifests.is_empty() {
            let old = manifests[rng.usize(..manifests.len())];
            writer.tag(old, "v0").await.unwrap();
            self.old = Some(old.digest.clone());
        }
        if self.case.mounts_from {
            let other = self.backends[1].store("other/app");
            for node in self.graph.nodes.iter().filter(|_| rng.bool()) {
                other.push(node.descriptor(), node.clone()).await.unwrap();
            }
        }
        if self.case.before == Before::Damaged {
            self.damage(rng);
        }
        let manifests = there.iter().filter(|node| node.is_manifest());
        for node in manifests.flat_map(|node| self.graph.closure(node)) {
            if !self.before.contains(&node.digest) {
                self.unsound.insert(node.digest);
            }
        }
    }

    fn damage(&mut self, rng: &mut fastrand::Rng) {
        for node in &self.graph.nodes {
            let node = node.descriptor();
            if rng.u8(..4) > 0 || !self.before.contains(&node.digest) {
                continue;
            }
            let path = self
                .dir
                .path()
                .join("to/blobs/sha256")
                .join(node.digest.encoded());
            match rng.bool() || node.size == 0 {
                true => std::fs::remove_file(path).unwrap(),
                false => {
                    let mut bytes = std::fs::read(&path).unwrap();
                    bytes[0] = !bytes[0];
                    std::fs::remove_file(&path).unwrap();
                    std::fs::write(path, bytes).unwrap();
                }
            }
            self.before.remove(&node.digest);
            self.unsound.insert(node.digest.clone());
        }
    }
}
