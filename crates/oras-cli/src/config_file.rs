//! The configuration of an artifact that a file has.

use std::path::Path;
use std::sync::OnceLock;

use anyhow::Context;
use oras::content::MAX_MANIFEST_BYTES;
use oras::{Descriptor, Error, FileStore, MediaType, WriterExt};
use tokio::io::AsyncReadExt;

use crate::annotated::Annotated;
use crate::files::{is_pipe, split_file};
use crate::usage::ensure_usage;

/// The type of a configuration that is pushed without one.
const UNKNOWN_TYPE: MediaType = MediaType::from_static("application/vnd.unknown.config.v1+json");

/// What the store calls it. Nobody else reads the name, which may be that of no file in files of annotations.
const NAME: &str = "$config";

/// What a pipe had, which can be read once; a command may run twice.
static READ: OnceLock<Vec<u8>> = OnceLock::new();

/// Adds the file that `--config` names, as `path[:media-type]`. It may be anywhere, as it is no file of the artifact.
pub(crate) async fn add_config(
    files: &FileStore,
    config: &str,
    annotated: &Annotated,
) -> anyhow::Result<Descriptor> {
    let (path, media_type) = split_file(config)?;
    ensure_usage!(!path.is_empty(), "--config {config:?} names no file");
    let media_type = media_type.unwrap_or(UNKNOWN_TYPE);
    let config = match is_pipe(path) {
        true => files.push_bytes(media_type, read(Path::new(path)).await?).await?,
        false => files.add(NAME, Some(media_type), Some(Path::new(path))).await?,
    };
    Ok(config.with_annotations(annotated.config.clone()))
}

/// All that a pipe or a device has to say, such as nothing in `/dev/null`.
async fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    if let Some(read) = READ.get() {
        return Ok(read.clone());
    }
    let cannot = || format!("cannot read the configuration in {}", path.display());
    let file = tokio::fs::File::open(path).await.with_context(cannot)?;
    let mut bytes = Vec::new();
    let read = file.take(MAX_MANIFEST_BYTES + 1).read_to_end(&mut bytes).await;
    match read.with_context(cannot)? as u64 > MAX_MANIFEST_BYTES {
        true => Err(Error::size_exceeds_limit(path.display(), MAX_MANIFEST_BYTES).into()),
        false => Ok(READ.get_or_init(|| bytes).clone()),
    }
}
