//! Workloads: the images and artifacts that are copied.

use bytes::Bytes;
use oras_content::{
    Descriptor, ImageIndex, ImageManifest, MediaType, Platform, Store, Tag, Writer, WriterExt,
};
use serde_json::json;

const MIB: usize = 1024 * 1024;
const CONFIG: MediaType = MediaType::from_static("application/vnd.oci.image.config.v1+json");
const LAYER: MediaType = MediaType::from_static("application/vnd.oci.image.layer.v1.tar");

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Workload {
    /// One layer of 1 GiB.
    Large,
    /// 200 layers of 256 KiB.
    Small,
    /// An index of 20 platforms, each with three layers of 512 KiB.
    Platforms,
    /// 100 tags, each with four layers of 64 KiB, two of which all share.
    Tags,
    /// An artifact with 200 referrers.
    Referrers,
}

impl Workload {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Large => "one blob of 1 GiB",
            Self::Small => "200 blobs of 256 KiB",
            Self::Platforms => "an index of 20 platforms",
            Self::Tags => "100 tags",
            Self::Referrers => "200 referrers",
        }
    }

    pub(super) async fn put<S: Store + Writer>(self, store: &S) -> anyhow::Result<()> {
        match self {
            Self::Large => tagged(store, &image(store, [random(1024 * MIB)], "amd64").await?, "v1").await,
            Self::Small => {
                let layers = (0..200).map(|_| random(256 * 1024));
                tagged(store, &image(store, layers, "amd64").await?, "v1").await
            }
            Self::Platforms => platforms(store).await,
            Self::Tags => tags(store).await,
            Self::Referrers => referrers(store).await,
        }
    }
}

async fn tagged<S: Store + Writer>(store: &S, target: &Descriptor, tag: &str) -> anyhow::Result<()> {
    Ok(store.set_tag(target, &tag.parse::<Tag>()?).await?)
}

/// Pushes an image of these layers, which are not compressed, so that each is its own diff.
async fn image<S: Store + Writer>(
    store: &S,
    layers: impl IntoIterator<Item = Bytes>,
    architecture: &str,
) -> anyhow::Result<Descriptor> {
    let mut described = Vec::new();
    for layer in layers {
        described.push(store.push_bytes(LAYER, layer).await?);
    }
    let digests: Vec<_> = described.iter().map(|layer| layer.digest.to_string()).collect();
    let config = json!({
        "architecture": architecture, "os": "linux", "config": {},
        "rootfs": { "type": "layers", "diff_ids": digests },
    });
    let config = store.push_bytes(CONFIG, config.to_string()).await?;
    let mut manifest = ImageManifest::new(config);
    manifest.layers = described;
    put_manifest(store, MediaType::OCI_MANIFEST, manifest.to_content().bytes()).await
}

async fn put_manifest<S: Store + Writer>(
    store: &S,
    kind: MediaType,
    bytes: &Bytes,
) -> anyhow::Result<Descriptor> {
    Ok(store.push_bytes(kind, bytes.clone()).await?)
}

async fn platforms<S: Store + Writer>(store: &S) -> anyhow::Result<()> {
    let mut children = Vec::new();
    for number in 0..20 {
        let architecture = format!("arch{number}");
        let layers = (0..3).map(|_| random(512 * 1024));
        let mut child = image(store, layers, &architecture).await?;
        child.platform = Some(Platform::new("linux", architecture).into());
        children.push(child);
    }
    let index = ImageIndex::new(children).to_content();
    let index = put_manifest(store, MediaType::OCI_INDEX, index.bytes()).await?;
    tagged(store, &index, "v1").await
}

async fn tags<S: Store + Writer>(store: &S) -> anyhow::Result<()> {
    let shared = [random(64 * 1024), random(64 * 1024)];
    for number in 0..100 {
        let own = [random(64 * 1024), random(64 * 1024)];
        let image = image(store, shared.iter().cloned().chain(own), "amd64").await?;
        tagged(store, &image, &format!("v{number}")).await?;
    }
    Ok(())
}

async fn referrers<S: Store + Writer>(store: &S) -> anyhow::Result<()> {
    let subject = image(store, [random(64 * 1024)], "amd64").await?;
    tagged(store, &subject, "v1").await?;
    let empty = store.push_bytes(MediaType::OCI_EMPTY, "{}").await?;
    for number in 0..200 {
        let layer = store.push_bytes(LAYER, format!("signature {number}")).await?;
        let mut manifest = ImageManifest::new(empty.clone());
        manifest.layers = vec![layer];
        manifest.artifact_type = Some(MediaType::from_static("application/vnd.example.signature"));
        manifest.subject = Some(subject.plain());
        put_manifest(store, MediaType::OCI_MANIFEST, manifest.to_content().bytes()).await?;
    }
    Ok(())
}

/// Returns incompressible bytes: one random mebibyte, repeated with its number.
fn random(len: usize) -> Bytes {
    let mut block = vec![0; len.min(MIB)];
    fastrand::Rng::new().fill(&mut block);
    let mut bytes = Vec::with_capacity(len);
    while bytes.len() < len {
        let number = (bytes.len() as u64).to_le_bytes();
        bytes.extend_from_slice(&block);
        let start = bytes.len() - block.len();
        bytes[start..start + 8].copy_from_slice(&number);
    }
    bytes.into()
}
