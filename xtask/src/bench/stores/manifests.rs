//! Manifests: pushed and tagged in a layout in one batch; ten times as many should take about ten times the time and bytes.

use std::path::Path;
use std::time::Instant;

use anyhow::Context;
use futures_util::{TryStreamExt, stream};
use oras_content::{Batch, MediaType, PushOptions, Tag, Verified, Writer, WriterExt};
use oras_layout::{LayoutBatch, LayoutStore};
use serde_json::json;

use super::row::Row;
use crate::bench::measure::median;

const FEW: usize = 500;
const MANY: usize = 5_000;

/// Number of concurrent pushes.
const AT_ONCE: usize = 64;

/// The duration, and the bytes written.
type Cost = (f64, f64);

pub(super) async fn rows(folder: &Path, rounds: usize) -> anyhow::Result<Vec<Row>> {
    let (mut few, mut many): (Vec<Cost>, Vec<Cost>) = (Vec::new(), Vec::new());
    for _ in 0..rounds.max(1) {
        few.push(cost(folder, FEW).await?);
        many.push(cost(folder, MANY).await?);
    }
    let time = |costs: &[Cost]| median(costs.iter().map(|cost| cost.0));
    let bytes = |costs: &[Cost]| median(costs.iter().map(|cost| cost.1));
    Ok(vec![
        row(
            "push and tag 5,000 manifests next to 500, in one batch: time",
            time(&many),
            time(&few),
            "s",
        ),
        row(
            "the same: bytes written",
            bytes(&many) / 1e6,
            bytes(&few) / 1e6,
            "MB",
        ),
    ])
}

fn row(task: &'static str, many: f64, few: f64, unit: &str) -> Row {
    Row {
        task,
        taken: format!("{many:.2} {unit}"),
        other: Some(format!("{few:.3} {unit}")),
        value: many / few,
        most: 12.0,
    }
}

async fn cost(folder: &Path, count: usize) -> anyhow::Result<Cost> {
    let folder = tempfile::tempdir_in(folder).context("cannot make a folder")?;
    let manifests: Vec<Verified> = (0..count).map(manifest).collect();
    let store = LayoutStore::create(folder.path().join("layout")).await?;
    let before = written()?;
    let start = Instant::now();
    push(&store, manifests).await?;
    Ok((start.elapsed().as_secs_f64(), written()? - before))
}

/// Pushes these manifests, the first one with the tag `v00000`.
pub(super) async fn push(store: &LayoutStore, manifests: Vec<Verified>) -> anyhow::Result<()> {
    let batch = LayoutBatch::new(store);
    batch.push_bytes(MediaType::OCI_EMPTY, "{}").await?;
    let batched = &batch;
    stream::iter(manifests.into_iter().enumerate().map(Ok))
        .try_for_each_concurrent(AT_ONCE, |(number, manifest)| async move {
            let target = manifest.descriptor().clone();
            let opts = PushOptions::default().with_tag(tag(number)?);
            batched.push_opts(&target, manifest.into(), opts).await?;
            anyhow::Ok(())
        })
        .await?;
    Ok(batch.flush().await?)
}

pub(super) fn tag(number: usize) -> anyhow::Result<Tag> {
    Ok(format!("v{number:05}").parse()?)
}

pub(super) fn manifest(number: usize) -> Verified {
    let empty = json!({
        "mediaType": MediaType::OCI_EMPTY, "digest": oras_content::Digest::sha256(b"{}"), "size": 2,
    });
    let document = json!({
        "schemaVersion": 2,
        "mediaType": MediaType::OCI_MANIFEST,
        "artifactType": "application/vnd.example.bench",
        "config": empty,
        "layers": [empty],
        "annotations": { "org.example.number": number.to_string() },
    });
    Verified::of(MediaType::OCI_MANIFEST, document.to_string())
}

/// Returns the bytes that this process wrote so far, to any file.
///
/// Spec: `proc(5)`, `/proc/PID/io`, `wchar`.
fn written() -> anyhow::Result<f64> {
    let text = std::fs::read_to_string("/proc/self/io").context("cannot read /proc/self/io")?;
    let line = text.lines().find_map(|line| line.strip_prefix("wchar:"));
    Ok(line.context("/proc/self/io has no wchar")?.trim().parse()?)
}
