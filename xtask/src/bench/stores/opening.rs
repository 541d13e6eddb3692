//! Opening a layout of many manifests, until the first tag is resolved.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, ensure};
use oras_content::StoreExt;
use oras_layout::LayoutStore;

use super::manifests::{manifest, push, tag};
use super::row::Row;
use crate::bench::measure::median;

const COUNT: usize = 10_000;

pub(super) async fn row(folder: &Path, rounds: usize) -> anyhow::Result<Row> {
    let folder = tempfile::tempdir_in(folder).context("cannot make a folder")?;
    let path = folder.path().join("layout");
    push(
        &LayoutStore::create(&path).await?,
        (0..COUNT).map(manifest).collect(),
    )
    .await?;
    let mut times = Vec::new();
    for _ in 0..rounds.max(1) {
        let start = Instant::now();
        let first = LayoutStore::open(&path).await?.resolve(tag(0)?).await?;
        times.push(start.elapsed().as_secs_f64() * 1e3);
        ensure!(
            first.is_same_content(manifest(0).descriptor()),
            "a tag is another manifest's"
        );
    }
    let millis = median(times.into_iter());
    Ok(Row {
        task: "open a layout of 10,000 tagged manifests and resolve a tag, in ms",
        taken: format!("{millis:.1} ms"),
        other: None,
        value: millis,
        most: 50.0,
    })
}
