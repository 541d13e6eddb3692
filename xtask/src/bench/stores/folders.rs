//! Folders: packing and unpacking, compared with tar, gzip and zstd.

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, ensure};
use oras_archive::{Compression, PackOptions, UnpackOptions, pack, unpack};

use super::row::Row;
use crate::bench::measure::median;

const FOLDERS: usize = 100;
const FILES: usize = 200;
const LEN: usize = 4096;

/// A compression: ours, and another program with the option for comparable speed.
struct Way {
    compression: Compression,
    /// The name of our archive.
    ours: &'static str,
    theirs: &'static str,
    task: &'static str,
}

const WAYS: [Way; 2] = [
    Way {
        compression: Compression::Gzip(6),
        ours: "ours.tar.gz",
        theirs: "tar c src | gzip -1 > theirs.tar.gz",
        task: "pack 20,000 files with gzip at level 6, next to `tar c` and `gzip -1`",
    },
    Way {
        compression: Compression::Zstd(3),
        ours: "ours.tar.zst",
        theirs: "tar c src | zstd -q -T2 -c > theirs.tar.zst",
        task: "pack them with zstd at level 3, next to `tar c` and `zstd -T2`",
    },
];

/// The duration of ours, and of the other.
type Pair = (f64, f64);

pub(super) fn rows(folder: &Path, rounds: usize) -> anyhow::Result<Vec<Row>> {
    let folder = tempfile::tempdir_in(folder).context("cannot make a folder")?;
    make(&folder.path().join("src"))?;
    let mut packing = WAYS.each_ref().map(|_| Vec::new());
    let mut unpacking = Vec::new();
    for _ in 0..rounds.max(1) {
        for (way, pairs) in WAYS.iter().zip(&mut packing) {
            pairs.push(packed(folder.path(), way)?);
        }
        unpacking.push(unpacked(folder.path())?);
    }
    let packing = WAYS.iter().zip(&packing);
    let mut rows: Vec<_> = packing.map(|(way, pairs)| row(way.task, pairs, 1.0)).collect();
    rows.push(row("unpack them, next to `tar xzf`", &unpacking, 1.5));
    Ok(rows)
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

/// Creates folders of files with hexadecimal words, which compress to about a third.
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

/// Packs `src` in the current folder into this archive, in a process that does nothing else.
pub(super) fn pack_alone(archive: &str) -> anyhow::Result<()> {
    let way = WAYS.iter().find(|way| way.ours == archive);
    let way = way.context("no such archive is measured")?;
    let out = File::create(archive).context("cannot make an archive")?;
    let opts = PackOptions::default().with_compression(way.compression);
    pack(Path::new("src"), "src", &opts, out)?;
    Ok(())
}

/// Measures both as separate processes.
fn packed(folder: &Path, way: &Way) -> anyhow::Result<Pair> {
    let start = Instant::now();
    let program = std::env::current_exe().context("this program has no path")?;
    let status = Command::new(program)
        .args(["bench", "stores", "--pack", way.ours])
        .current_dir(folder)
        .status()
        .context("cannot start this program again")?;
    ensure!(status.success(), "packing {} failed", way.ours);
    let ours = start.elapsed().as_secs_f64();
    Ok((ours, sh(folder, way.theirs)?))
}

/// Unpacks the archive twice, into a folder that does not exist.
fn unpacked(folder: &Path) -> anyhow::Result<Pair> {
    let target = folder.join("ours");
    let start = Instant::now();
    let archive = File::open(folder.join("ours.tar.gz")).context("cannot open the archive")?;
    let unpacked = unpack(archive, "src", &target, &UnpackOptions::default())?;
    let ours = start.elapsed().as_secs_f64();
    let expected = FOLDERS * (FILES + 1) + 1;
    ensure!(unpacked.entries == expected as u64, "files are missing");
    fs::remove_dir_all(target).context("cannot remove a folder")?;

    let target = folder.join("other");
    fs::create_dir(&target).context("cannot make a folder")?;
    let other = sh(&target, "tar xzf ../ours.tar.gz")?;
    fs::remove_dir_all(target).context("cannot remove a folder")?;
    Ok((ours, other))
}

/// Returns the duration of a command in a folder.
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
