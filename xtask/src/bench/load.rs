//! Loads: the content that is pushed and pulled.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use bytes::Bytes;
use futures_util::future::try_join_all;
use oras_content::{Algorithm, Digest, Hasher};
use serde_json::json;

use super::connection::{Connection, Outgoing};

const MIB: usize = 1024 * 1024;
const FRAME: usize = 256 * 1024;
pub(super) const CONNECTIONS: usize = 16;
/// The repository.
const NAME: &str = "bench";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// Everything that is sent, created once.
pub(super) struct Load {
    pub(super) large: Blob,
    pub(super) small: Vec<Blob>,
    config: Blob,
    manifests: Vec<Bytes>,
}

pub(super) struct Blob {
    pub(super) digest: Digest,
    pub(super) frames: Vec<Bytes>,
}

impl Blob {
    fn new(frames: Vec<Bytes>) -> Self {
        let mut hasher = Hasher::new(Algorithm::Sha256);
        frames.iter().for_each(|frame| hasher.update(frame));
        Self {
            digest: hasher.finish(),
            frames,
        }
    }

    pub(super) fn len(&self) -> u64 {
        self.frames.iter().map(|frame| frame.len() as u64).sum()
    }

    fn path(&self) -> String {
        format!("/v2/{NAME}/blobs/{}", self.digest)
    }
}

/// The measured tasks, in the order in which they must run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Task {
    PutLarge,
    GetLarge,
    PutSmall,
    GetSmall,
    PutManifests,
    GetManifests,
}

impl Task {
    pub(super) const ALL: [Self; 6] = [
        Self::PutLarge,
        Self::GetLarge,
        Self::PutSmall,
        Self::GetSmall,
        Self::PutManifests,
        Self::GetManifests,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::PutLarge => "PUT a blob of 1 GiB",
            Self::GetLarge => "GET a blob of 1 GiB",
            Self::PutSmall => "PUT 200 blobs of 256 KiB, 16 connections",
            Self::GetSmall => "GET 200 blobs of 256 KiB, 16 connections",
            Self::PutManifests => "PUT 1,000 manifests with tags, 16 connections",
            Self::GetManifests => "GET 1,000 manifests by tag, 16 connections",
        }
    }

    /// Returns the amount of work, and its unit.
    pub(super) fn work(self) -> (f64, &'static str) {
        match self {
            Self::PutLarge | Self::GetLarge => (1024.0, "MiB/s"),
            Self::PutSmall | Self::GetSmall => (50.0, "MiB/s"),
            Self::PutManifests | Self::GetManifests => (1000.0, "manifests/s"),
        }
    }
}

impl Load {
    pub(super) fn new() -> Self {
        let block = random(MIB);
        // The same mebibyte is repeated: neither server deduplicates it, and the client needs little memory.
        let frames = (0..1024 * MIB / FRAME).map(|at| {
            let start = at * FRAME % MIB;
            block.slice(start..start + FRAME)
        });
        let config = Blob::new(vec![Bytes::from_static(b"{}")]);
        Self {
            large: Blob::new(frames.collect()),
            small: (0..200).map(|_| Blob::new(vec![random(FRAME)])).collect(),
            manifests: (0..1000).map(|at| manifest(&config, at)).collect(),
            config,
        }
    }

    /// Pushes what must exist before the measurement.
    pub(super) async fn prepare(&self, addr: SocketAddr) -> anyhow::Result<()> {
        let mut connection = Connection::open(addr, false).await?;
        connection
            .put_blob(
                NAME,
                self.config.digest.as_str(),
                Outgoing::of(&self.config.frames),
            )
            .await
    }

    /// Runs one task, and returns its duration, over connections that are already open.
    pub(super) async fn run(
        &self,
        task: Task,
        addr: SocketAddr,
        as_client: bool,
    ) -> anyhow::Result<Duration> {
        let (connections, steps) = match task {
            Task::PutLarge | Task::GetLarge => (1, 1),
            Task::PutSmall | Task::GetSmall => (CONNECTIONS, self.small.len()),
            Task::PutManifests | Task::GetManifests => (CONNECTIONS, self.manifests.len()),
        };
        let connections = try_join_all((0..connections).map(|_| Connection::open(addr, as_client))).await?;
        let next = AtomicUsize::new(0);
        let start = Instant::now();
        let workers = connections
            .into_iter()
            .map(|connection| self.work(task, connection, &next, steps));
        try_join_all(workers).await?;
        Ok(start.elapsed())
    }

    /// Runs steps that no other worker has taken, until none is left.
    async fn work(
        &self,
        task: Task,
        mut connection: Connection,
        next: &AtomicUsize,
        steps: usize,
    ) -> anyhow::Result<()> {
        loop {
            let at = next.fetch_add(1, Relaxed);
            if at >= steps {
                return Ok(());
            }
            let step = self.step(task, &mut connection, at);
            step.await
                .with_context(|| format!("{}, number {at}", task.name()))?;
        }
    }

    async fn step(&self, task: Task, connection: &mut Connection, at: usize) -> anyhow::Result<()> {
        match task {
            Task::PutLarge => put(connection, &self.large).await,
            Task::GetLarge => get(connection, &self.large).await,
            Task::PutSmall => put(connection, &self.small[at]).await,
            Task::GetSmall => get(connection, &self.small[at]).await,
            Task::PutManifests => {
                let manifest = &self.manifests[at];
                connection.put_manifest(NAME, &tag(at), MANIFEST, manifest).await
            }
            Task::GetManifests => {
                let len = connection
                    .read(&format!("/v2/{NAME}/manifests/{}", tag(at)))
                    .await?;
                ensure!(
                    len == self.manifests[at].len() as u64,
                    "a manifest is not what was pushed"
                );
                Ok(())
            }
        }
    }
}

async fn put(connection: &mut Connection, blob: &Blob) -> anyhow::Result<()> {
    connection
        .put_blob(NAME, blob.digest.as_str(), Outgoing::of(&blob.frames))
        .await
}

async fn get(connection: &mut Connection, blob: &Blob) -> anyhow::Result<()> {
    let len = connection.read(&blob.path()).await?;
    ensure!(len == blob.len(), "a blob is not what was pushed");
    Ok(())
}

fn tag(at: usize) -> String {
    format!("v{at:04}")
}

fn manifest(config: &Blob, at: usize) -> Bytes {
    let config = json!({
        "mediaType": "application/vnd.oci.empty.v1+json", "digest": config.digest, "size": config.len(),
    });
    let text = json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "artifactType": "application/vnd.example.bench",
        "config": config,
        "layers": [config],
        "annotations": { "org.example.number": at.to_string() },
    });
    text.to_string().into()
}

fn random(len: usize) -> Bytes {
    let mut bytes = vec![0; len];
    fastrand::Rng::new().fill(&mut bytes);
    bytes.into()
}
