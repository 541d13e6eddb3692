//! Many clients at once, who push the same things and delete them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex};

use oras_content::{Digest, Verified};
use oras_server::{FolderBackend, ServerOptions};
use oras_server_faults::Server;

use crate::layout_check;
use crate::setup::{Registry, image};

const CLIENTS: u64 = 64;
const ROUNDS: u64 = 4;
/// How many different images there are; those with an odd number are never deleted, nor is a tag or layer of them.
const IMAGES: u64 = 10;
const REPOSITORIES: [&str; 2] = ["a", "a/b"];
/// How often a push of a manifest is tried whose layer is deleted by others again and again.
const TRIES: usize = 20;

/// What happened to the things that have a path.
#[derive(Default)]
struct Seen {
    /// What was acknowledged, with the content that the path then had.
    pushed: BTreeMap<String, BTreeSet<Vec<u8>>>,
    deleted: BTreeSet<String>,
}

struct Client {
    registry: Arc<Registry>,
    seen: Arc<Mutex<Seen>>,
    random: u64,
}

fn layer(number: u64) -> Vec<u8> {
    // Some layers are written in one piece, some in several.
    let len = if number.is_multiple_of(3) { 600_000 } else { 100 };
    format!("layer {number} ")
        .into_bytes()
        .into_iter()
        .cycle()
        .take(len)
        .collect()
}

async fn serve(dir: &Path) -> Registry {
    let backend = FolderBackend::open(dir).unwrap();
    let options = ServerOptions::default().with_backend(Arc::new(backend));
    Registry::over(Server::start(options).await.unwrap())
}

impl Client {
    /// A number below `limit`; each client has a sequence of its own.
    fn pick(&mut self, limit: u64) -> u64 {
        self.random = self
            .random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.random >> 33) % limit
    }

    async fn run(mut self) {
        for round in 0..ROUNDS {
            let number = self.pick(IMAGES);
            let repository = REPOSITORIES[self.pick(2) as usize];
            let manifest = image(&layer(number));
            let tag = match self.pick(3) {
                0 => format!("shared{}", number % 2),
                1 => format!("image{number}"),
                _ => format!("own{}-{round}-{number}", self.random % 1_000_000),
            };
            self.push(repository, &tag, number, &manifest).await;
            if number.is_multiple_of(2) {
                self.delete_something(repository, &tag, number, &manifest).await;
            }
        }
    }

    /// Pushes an image as clients do: its blobs in different ways, then its manifest.
    async fn push(&mut self, repository: &str, tag: &str, number: u64, manifest: &Verified) {
        for _ in 0..TRIES {
            self.push_blob(repository, b"{}".to_vec()).await;
            self.push_blob(repository, layer(number)).await;
            let put = self.registry.put_manifest(repository, tag, manifest).await;
            if put.status == 404 && number.is_multiple_of(2) {
                put.expect_error(404, "MANIFEST_BLOB_UNKNOWN");
                continue;
            }
            put.expect(201);
            let digest = &manifest.descriptor().digest;
            for reference in [tag, digest.as_str()] {
                let path = format!("/v2/{repository}/manifests/{reference}");
                self.acknowledged(path, manifest.bytes().to_vec());
            }
            break;
        }
        if !number.is_multiple_of(2) {
            // Nobody deletes these: they are there as soon as that was acknowledged.
            let path = format!("/v2/{repository}/manifests/{}", manifest.descriptor().digest);
            self.registry.get(path).await.expect(200);
        }
    }

    async fn push_blob(&mut self, repository: &str, content: Vec<u8>) {
        let digest = Digest::sha256(&content);
        match self.pick(3) {
            0 => drop(self.registry.push_blob(repository, &content).await),
            1 => {
                let session = self.registry.open_upload(repository).await;
                let (start, end) = content.split_at(content.len() / 2);
                let patch = self.registry.call("PATCH", &session).body(start.to_vec());
                patch.send().await.expect(202);
                let put = self.registry.call("PUT", format!("{session}?digest={digest}"));
                put.body(end.to_vec()).send().await.expect(201);
            }
            _ => {
                let from = REPOSITORIES.iter().find(|name| **name != repository).unwrap();
                let path = format!("/v2/{repository}/blobs/uploads/?mount={digest}&from={from}");
                let mount = self.registry.call("POST", path).send().await;
                if mount.status != 201 {
                    let session = mount.expect(202).location();
                    let put = self.registry.call("PUT", format!("{session}?digest={digest}"));
                    put.body(content.clone()).send().await.expect(201);
                }
            }
        }
        self.acknowledged(format!("/v2/{repository}/blobs/{digest}"), content);
    }

    async fn delete_something(&mut self, repository: &str, tag: &str, number: u64, manifest: &Verified) {
        let path = match self.pick(4) {
            0 => format!("/v2/{repository}/manifests/{tag}"),
            1 => format!("/v2/{repository}/manifests/{}", manifest.descriptor().digest),
            2 => format!("/v2/{repository}/blobs/{}", Digest::sha256(&layer(number))),
            _ => return,
        };
        // Before it is sent: from then on it may have happened.
        self.seen.lock().unwrap().deleted.insert(path.clone());
        let deleted = self.registry.call("DELETE", path).send().await;
        assert!([202, 404].contains(&deleted.status), "{deleted:?}");
    }

    fn acknowledged(&self, path: String, content: Vec<u8>) {
        let mut seen = self.seen.lock().unwrap();
        seen.pushed.entry(path).or_default().insert(content);
    }
}

impl Seen {
    /// Whether somebody may have deleted what is at this path: it, or a manifest that this tag led to.
    fn is_lost(&self, path: &str, contents: &BTreeSet<Vec<u8>>) -> bool {
        let (repository, _) = path.split_once("/manifests/").unwrap_or((path, ""));
        let by_digest = |content: &Vec<u8>| format!("{repository}/manifests/{}", Digest::sha256(content));
        self.deleted.contains(path)
            || contents
                .iter()
                .any(|content| self.deleted.contains(&by_digest(content)))
    }

    /// Checks that everything that was acknowledged, and that nobody deleted, is there; how much that is.
    async fn check(&self, registry: &Registry) -> usize {
        let mut checked = 0;
        for (path, contents) in &self.pushed {
            let is_lost = self.is_lost(path, contents);
            let got = registry.get(path).await;
            match got.status {
                404 if is_lost => {}
                _ => assert!(contents.contains(&got.expect(200).body.to_vec()), "{path}"),
            }
            checked += usize::from(!is_lost);
        }
        checked
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_that_was_acknowledged_is_lost() {
    let dir = tempfile::tempdir().unwrap();
    let registry = Arc::new(serve(dir.path()).await);
    let seen = Arc::new(Mutex::new(Seen::default()));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|number| Client {
            registry: Arc::clone(&registry),
            seen: Arc::clone(&seen),
            random: number.wrapping_mul(0x9e37_79b9_7f4a_7c15),
        })
        .map(|client| tokio::spawn(client.run()))
        .collect();
    for client in clients {
        client.await.unwrap();
    }
    let seen = std::mem::take(&mut *seen.lock().unwrap());
    let (pushed, deleted) = (seen.pushed.len(), seen.deleted.len());
    assert!(pushed > 100 && deleted > 20, "{pushed} pushed, {deleted} deleted");
    let failed = registry
        .server
        .journal()
        .count(|entry| entry.status.is_server_error());
    assert_eq!(failed, 0, "the registry failed");
    let checked = seen.check(&registry).await;
    assert!(checked > 50, "{checked} of {pushed}");
    let Ok(registry) = Arc::try_unwrap(registry) else {
        panic!("all clients are done");
    };
    registry.stop().await;
    assert!(layout_check::check(dir.path()) > 10);
    // A server that remembers nothing finds the same.
    let again = serve(dir.path()).await;
    assert_eq!(seen.check(&again).await, checked);
}
