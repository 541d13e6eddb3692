//! Output files that the command line names.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use futures_util::TryStreamExt;
use oras::VerifiedContent;
use oras_fs::{Durability, Output};
use tokio::task::spawn_blocking;

/// Writes `bytes` to the file, device or pipe at `path`.
pub(crate) async fn write(path: &Path, bytes: impl Into<Vec<u8>>) -> anyhow::Result<()> {
    make_folder(path).await?;
    let (path, bytes) = (path.to_owned(), bytes.into());
    spawn_blocking(move || oras_fs::write_output(&path, &bytes)).await??;
    Ok(())
}

/// Writes `content` to the file, device or pipe at `path`. A file appears only when it is complete.
pub(crate) async fn write_content(path: &Path, mut content: VerifiedContent) -> anyhow::Result<()> {
    make_folder(path).await?;
    let path: PathBuf = path.to_owned();
    let failed = format!("cannot write to {}", path.display());
    let mut output = spawn_blocking(move || Output::open(&path)).await??;
    while let Some(frame) = content.try_next().await? {
        output = spawn_blocking(move || output.write_all(&frame).map(|()| output))
            .await?
            .with_context(|| failed.clone())?;
    }
    spawn_blocking(move || output.commit(Durability::Data)).await??;
    Ok(())
}

/// Creates the folder of an output file.
async fn make_folder(path: &Path) -> anyhow::Result<()> {
    let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) else {
        return Ok(());
    };
    let made = tokio::fs::create_dir_all(folder).await;
    made.with_context(|| format!("cannot create {}", folder.display()))
}
