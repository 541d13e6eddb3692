//! The configuration of an artifact, read from a file.

use std::path::Path;

use oras::{Descriptor, FileStore, MediaType, WriterExt};

use crate::annotated::Annotated;
use crate::files::split_file;
use crate::pipe::{self, is_pipe};
use crate::usage::ensure_usage;

/// The media type of the configuration if none is given.
const UNKNOWN_TYPE: MediaType = MediaType::from_static("application/vnd.unknown.config.v1+json");

/// Its name in the store, which only this program reads. Annotation files reserve this name, so it clashes with no file.
const NAME: &str = "$config";

/// Adds the file given by `--config` as `path[:media-type]`. It may be anywhere, because it is not a file of the artifact.
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
