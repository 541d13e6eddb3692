//! The configuration of an artifact that a file has.

use std::path::Path;

use oras::{Descriptor, FileStore, MediaType, WriterExt};

use crate::annotated::Annotated;
use crate::files::split_file;
use crate::pipe::{self, is_pipe};
use crate::usage::ensure_usage;

/// The type of a configuration that is pushed without one.
const UNKNOWN_TYPE: MediaType = MediaType::from_static("application/vnd.unknown.config.v1+json");

/// What the store calls it. Nobody else reads the name, which may be that of no file in files of annotations.
const NAME: &str = "$config";

/// Adds the file that `--config` names, as `path[:media-type]`. It may be anywhere, as it is no file of the artifact.
pub(crate) async fn add_config(
    files: &FileStore,
    config: &str,
    annotated: &Annotated,
) -> anyhow::Result<Descriptor> {
    let (path, media_type) = split_file(config)?;
    ensure_usage!(!path.is_empty(), "--config {config:?} names no file");
    let media_type = media_type.unwrap_or(UNKNOWN_TYPE);
    let path = Path::new(path);
    let config = match is_pipe(path) {
        true => files.push_bytes(media_type, pipe::read(path).await?).await?,
        false => files.add(NAME, Some(media_type), Some(path)).await?,
    };
    Ok(config.with_annotations(annotated.config.clone()))
}
