//! Whether the layouts in a folder are sound.

use std::fs;
use std::path::{Path, PathBuf};

use oras_content::{Algorithm, Descriptor, Digest};

/// Checks every layout below `dir`: blobs are what they are called, `index.json` lists what is there, and nothing
/// half-written is left. Returns how many blobs there are.
#[track_caller]
pub(crate) fn check(dir: &Path) -> usize {
    let files = files(dir);
    let half: Vec<_> = files
        .iter()
        .filter(|path| name(path).starts_with(".oras-"))
        .collect();
    assert!(half.is_empty(), "left behind: {half:?}");
    let blobs: Vec<_> = files.iter().filter(|path| is_blob(path)).collect();
    for path in &blobs {
        assert_eq!(
            digest_of(path),
            Algorithm::Sha256.digest(&fs::read(path).unwrap()),
            "{path:?}"
        );
    }
    for index in files.iter().filter(|path| name(path) == "index.json") {
        check_index(index);
    }
    blobs.len()
}

#[track_caller]
fn check_index(path: &Path) {
    let index: serde_json::Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    assert_eq!(index["schemaVersion"], 2, "{path:?}");
    for entry in index["manifests"].as_array().unwrap() {
        let listed: Descriptor = serde_json::from_value(entry.clone()).unwrap();
        let blob = path
            .with_file_name("blobs")
            .join("sha256")
            .join(listed.digest.encoded());
        let found = fs::metadata(&blob).map(|found| found.len()).ok();
        assert_eq!(found, Some(listed.size), "{path:?} lists {entry}");
    }
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(files(&path)),
            false if name(&path) == ".oras.lock" => {}
            false => found.push(path),
        }
    }
    found
}

fn name(path: &Path) -> &str {
    path.file_name().unwrap().to_str().unwrap()
}

fn is_blob(path: &Path) -> bool {
    path.parent().is_some_and(|dir| dir.ends_with("blobs/sha256"))
}

fn digest_of(path: &Path) -> Digest {
    format!("sha256:{}", name(path)).parse().unwrap()
}
