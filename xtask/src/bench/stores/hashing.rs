//! Hashing: the cost of a push into a layout, compared with hashing followed by writing.

use std::io::Write;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, ensure};
use bytes::Bytes;
use futures_util::stream;
use oras_content::{Content, Descriptor, Digest, MediaType, Payload, Pushed, WriterExt};
use oras_layout::LayoutStore;
use sha2::{Digest as _, Sha256};

use super::row::Row;
use crate::bench::measure::median;

const MIB: usize = 1024 * 1024;
const LEN: usize = 1024 * MIB;
const FRAME: usize = 64 * 1024;

pub(super) async fn row(folder: &Path, rounds: usize) -> anyhow::Result<Row> {
    let frames = frames();
    let (mut bare, mut whole) = (Vec::new(), Vec::new());
    for _ in 0..rounds.max(1) {
        let start = Instant::now();
        let digest = hash(&frames)?;
        write(folder, &frames)?;
        bare.push(start.elapsed().as_secs_f64());
        whole.push(push(folder, &frames, digest).await?);
    }
    let (whole, bare) = (median(whole.into_iter()), median(bare.into_iter()));
    Ok(Row {
        task: "push 1 GiB into a layout, next to sha2 and then a file",
        taken: format!("{whole:.2} s"),
        other: Some(format!("{bare:.2} s")),
        value: whole / bare,
        most: 1.0,
    })
}

/// Returns the same mebibyte repeatedly, in frames as from a connection.
fn frames() -> Vec<Bytes> {
    let mut block = vec![0; MIB];
    fastrand::Rng::new().fill(&mut block);
    let block = Bytes::from(block);
    let starts = (0..LEN / FRAME).map(|at| at * FRAME % MIB);
    starts.map(|start| block.slice(start..start + FRAME)).collect()
}

fn hash(frames: &[Bytes]) -> anyhow::Result<Digest> {
    let mut hasher = Sha256::new();
    frames.iter().for_each(|frame| hasher.update(frame));
    let hex: String = hasher
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    Ok(format!("sha256:{hex}").parse()?)
}

fn write(folder: &Path, frames: &[Bytes]) -> anyhow::Result<()> {
    let mut file = tempfile::tempfile_in(folder).context("cannot make a file")?;
    for frame in frames {
        file.write_all(frame).context("cannot write")?;
    }
    Ok(())
}

async fn push(folder: &Path, frames: &[Bytes], digest: Digest) -> anyhow::Result<f64> {
    let folder = tempfile::tempdir_in(folder).context("cannot make a folder")?;
    let store = LayoutStore::create(folder.path().join("layout")).await?;
    let expected = Descriptor::new(MediaType::OCTET_STREAM, digest, LEN as u64);
    let frames = frames.to_vec();
    let frames = stream::iter(frames.into_iter().map(Ok));
    let payload = Payload::once(Content::new(frames, Some(LEN as u64)));
    let start = Instant::now();
    let pushed = store.push(&expected, payload).await?;
    ensure!(pushed == Pushed::Stored, "the blob was there");
    Ok(start.elapsed().as_secs_f64())
}
