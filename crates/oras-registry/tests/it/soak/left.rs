//! Files left behind in folders.

use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use tokio::task::spawn_blocking;

use super::world::World;

impl World {
    /// Returns the temporary files that remain after background tasks had time to finish.
    pub(super) async fn left_over(&self) -> Vec<String> {
        for _ in 0..100 {
            if left_over(self.dir.path()).is_empty() {
                return Vec::new();
            }
            spawn_blocking(|| sleep(Duration::from_millis(5))).await.unwrap();
        }
        left_over(self.dir.path())
    }
}

/// Returns the temporary files in a folder.
fn left_over(dir: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut left = vec![dir.to_owned()];
    while let Some(dir) = left.pop() {
        for entry in std::fs::read_dir(dir).unwrap().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if entry.file_type().unwrap().is_dir() {
                left.push(entry.path());
            } else if name.starts_with(".oras-") && !name.contains("lock") {
                found.push(format!("left behind: {name}"));
            }
        }
    }
    found
}
