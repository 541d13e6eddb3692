//! Folders: packed and unpacked, next to tar and gzip.

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, ensure};
use oras_archive::{PackOptions, UnpackOptions, pack, unpack};

use super::row::Row;
use crate::bench::measure::median;

const FOLDERS: usize = 100;
const FILES: usize = 200;
const LEN: usize = 4096;

/// How long ours took, and the other.
type Pair = (f64, f64);

pub(super) fn rows(folder: &Path, rounds: usize) -> anyhow::Result<Vec<Row>> {
    let folder = tempfile::tempdir_in(folder).context("cannot make a folder")?;
    make(&folder.path().join("src"))?;
    let (mut packing, mut unpacking) = (Vec::new(), Vec::new());
    for _ in 0..rounds.max(1) {
        packing.push(packed(folder.path())?);
        unpacking.push(unpacked(folder.path())?);
    }
    Ok(vec![
        row(
            "pack 20,000 files with gzip at level 6, next to `tar c` and `gzip -1`",
            &packing,
            1.0,
        ),
        row("unpack them, next to `tar xzf`", &unpacking, 1.5),
    ])
}

fn row(task: &'static str, pairs: &[Pair], most: f64) -> Row {
    let ours = median(pairs.iter().map(|pair| pair.0));
    let other = median(pairs.iter().map(|pair| pair.1));
    Row {
        task,
        taken: format!("{ours:.2} s"),
        other: Some(format!("{other:.2} s")),
        value: ours / other,
        most,
    }
}

/// Folders of files of hexadecimal words, which compress to about a third.
fn make(source: &Path) -> anyhow::Result<()> {
    let mut random = fastrand::Rng::with_seed(1);
    for folder in 0..FOLDERS {
        let folder = source.join(format!("{folder:02}"));
        fs::create_dir_all(&folder).context("cannot make a folder")?;
        for file in 0..FILES {
            let words: String = (0..LEN / 8)
                .map(|_| format!("{:07x} ", random.u32(..1 << 28)))
                .collect();
            fs::write(folder.join(format!("{file:03}")), words).context("cannot write a file")?;
        }
    }
    Ok(())
}

fn packed(folder: &Path) -> anyhow::Result<Pair> {
    let start = Instant::now();
    let out = File::create(folder.join("ours.tgz")).context("cannot make an archive")?;
    pack(&folder.join("src"), "src", &PackOptions::default(), out)?;
    let ours = start.elapsed().as_secs_f64();
    Ok((ours, sh(folder, "tar c src | gzip -1 > other.tgz")?))
}

/// Unpacks the archive that was packed, twice into a folder that is not there.
fn unpacked(folder: &Path) -> anyhow::Result<Pair> {
    let target = folder.join("ours");
    let start = Instant::now();
    let archive = File::open(folder.join("ours.tgz")).context("cannot open the archive")?;
    let unpacked = unpack(archive, "src", &target, &UnpackOptions::default())?;
    let ours = start.elapsed().as_secs_f64();
    let expected = FOLDERS * (FILES + 1) + 1;
    ensure!(unpacked.entries == expected as u64, "files are missing");
    fs::remove_dir_all(target).context("cannot remove a folder")?;

    let target = folder.join("other");
    fs::create_dir(&target).context("cannot make a folder")?;
    let other = sh(&target, "tar xzf ../ours.tgz")?;
    fs::remove_dir_all(target).context("cannot remove a folder")?;
    Ok((ours, other))
}

/// How long this takes in that folder.
fn sh(folder: &Path, command: &str) -> anyhow::Result<f64> {
    let start = Instant::now();
    let status = Command::new("sh")
        .args(["-ec", command])
        .current_dir(folder)
        .status()
        .context("cannot start a shell")?;
    ensure!(status.success(), "failed: {command}");
    Ok(start.elapsed().as_secs_f64())
}
