//! The minimum work of copying one image: the requests, the hash and the files.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use anyhow::Context;
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::future::try_join_all;
use futures_util::stream;
use oras_content::{Algorithm, Descriptor, Hasher, Manifest, MediaType, Verified};

use crate::bench::connection::{Connection, Outgoing};
use crate::bench::load::CONNECTIONS;

const FRAME: u64 = 256 * 1024;
const TAG: &str = "v1";

/// Copies the image between two places, each `host:port/name` with the tag `v1`, or the absolute path of a layout.
pub(super) async fn copy(from: &str, to: &str) -> anyhow::Result<()> {
    let (mut source, mut destination) = (Side::open(from).await?, Side::open(to).await?);
    let manifest = Verified::of(MediaType::OCI_MANIFEST, source.manifest().await?);
    let manifest = Manifest::parse(manifest)?;
    let blobs: Vec<_> = manifest.successors().collect();
    let next = AtomicUsize::new(0);
    let workers = (0..CONNECTIONS.min(blobs.len())).map(|_| async {
        let (mut source, mut destination) = (Side::open(from).await?, Side::open(to).await?);
        while let Some(blob) = blobs.get(next.fetch_add(1, Relaxed)) {
            let content = source.blob(blob).await?;
            destination.take_blob(blob, content).await?;
        }
        anyhow::Ok(())
    });
    try_join_all(workers).await?;
    destination.take_manifest(manifest.content().bytes()).await
}

/// The source or destination, over a connection of its own.
enum Side {
    Registry { connection: Connection, name: String },
    Layout(PathBuf),
}

impl Side {
    async fn open(place: &str) -> anyhow::Result<Self> {
        if place.starts_with('/') {
            return Ok(Self::Layout(place.into()));
        }
        let (host, name) = place.split_once('/').context("the address has no name")?;
        Ok(Self::Registry {
            connection: Connection::open(host.parse()?, true).await?,
            name: name.to_owned(),
        })
    }

    async fn manifest(&mut self) -> anyhow::Result<Bytes> {
        match self {
            Self::Registry { connection, name } => {
                let path = format!("/v2/{name}/manifests/{TAG}");
                connection.get(&path).await?.collected().await
            }
            Self::Layout(layout) => only_manifest(layout),
        }
    }

    async fn blob(&mut self, blob: &Descriptor) -> anyhow::Result<Outgoing> {
        match self {
            Self::Registry { connection, name } => {
                let path = format!("/v2/{name}/blobs/{}", blob.digest);
                connection.get(&path).await
            }
            Self::Layout(layout) => read(&in_layout(layout, &blob.digest.to_string())?, blob.size),
        }
    }

    async fn take_blob(&mut self, blob: &Descriptor, content: Outgoing) -> anyhow::Result<()> {
        match self {
            Self::Registry { connection, name } => {
                connection.put_blob(name, blob.digest.as_str(), content).await
            }
            Self::Layout(layout) => write(&layout.join(blob.digest.encoded()), content).await,
        }
    }

    async fn take_manifest(&mut self, bytes: &Bytes) -> anyhow::Result<()> {
        match self {
            Self::Registry { connection, name } => {
                let kind = MediaType::OCI_MANIFEST;
                connection.put_manifest(name, TAG, kind.as_str(), bytes).await
            }
            Self::Layout(layout) => Ok(fs::write(layout.join("manifest"), bytes)?),
        }
    }
}

/// Returns the only manifest of a layout.
fn only_manifest(layout: &Path) -> anyhow::Result<Bytes> {
    let index: serde_json::Value = serde_json::from_slice(&fs::read(layout.join("index.json"))?)?;
    let digest = index["manifests"][0]["digest"].as_str();
    let path = in_layout(layout, digest.context("the layout is empty")?)?;
    Ok(fs::read(path)?.into())
}

fn in_layout(layout: &Path, digest: &str) -> anyhow::Result<PathBuf> {
    let (algorithm, encoded) = digest.split_once(':').context("a digest has no algorithm")?;
    Ok(layout.join("blobs").join(algorithm).join(encoded))
}

fn read(path: &Path, len: u64) -> anyhow::Result<Outgoing> {
    let file = File::open(path)?;
    let frames = stream::unfold(file, |mut file| async move {
        let mut frame = Vec::with_capacity(FRAME as usize);
        match (&mut file).take(FRAME).read_to_end(&mut frame) {
            Ok(0) => None,
            Ok(_) => Some((Ok(frame.into()), file)),
            Err(error) => Some((Err(error), file)),
        }
    });
    Ok(Outgoing::new(len, frames.boxed()))
}

/// Hashes and writes on another thread than the one of the socket.
async fn write(path: &Path, mut content: Outgoing) -> anyhow::Result<()> {
    fs::create_dir_all(path.parent().context("a file is in a folder")?)?;
    let mut file = File::create(path)?;
    let (frames, taken) = std::sync::mpsc::sync_channel::<Bytes>(16);
    let written = tokio::task::spawn_blocking(move || {
        let mut hasher = Hasher::new(Algorithm::Sha256);
        for frame in taken {
            hasher.update(&frame);
            std::io::Write::write_all(&mut file, &frame)?;
        }
        std::hint::black_box(hasher.finish());
        std::io::Result::Ok(())
    });
    while let Some(frame) = content.next().await? {
        frames.send(frame).context("the file is gone")?;
    }
    drop(frames);
    Ok(written.await??)
}
