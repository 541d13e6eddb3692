//! The least that a pull is: the requests, the hash and the files.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use anyhow::Context;
use futures_util::future::try_join_all;
use oras_content::{Manifest, MediaType, Verified};

use crate::bench::connection::Connection;
use crate::bench::load::CONNECTIONS;

/// Pulls `host:port/name` with the tag `v1` into `folder`.
pub(super) async fn pull(address: &str, folder: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder)?;
    let (host, name) = address.split_once('/').context("the address has no name")?;
    let addr = host.parse()?;
    let mut first = Connection::open(addr, true).await?;
    let manifest = folder.join("manifest");
    first
        .get_into(&format!("/v2/{name}/manifests/v1"), &manifest)
        .await?;
    let manifest = Verified::of(MediaType::OCI_MANIFEST, std::fs::read(manifest)?);
    let manifest = Manifest::parse(manifest)?;
    let blobs: Vec<_> = manifest.successors().collect();
    let next = AtomicUsize::new(0);
    let workers = (0..CONNECTIONS.min(blobs.len())).map(|_| async {
        let mut connection = Connection::open(addr, true).await?;
        while let Some(blob) = blobs.get(next.fetch_add(1, Relaxed)) {
            let path = format!("/v2/{name}/blobs/{}", blob.digest);
            connection
                .get_into(&path, &folder.join(blob.digest.encoded()))
                .await?;
        }
        anyhow::Ok(())
    });
    try_join_all(workers).await.map(drop)
}
